// Recognises a message a device sends again under the same id, so that it reaches each recipient's device once. A recipient
// that could not decrypt it and asked again may get it again.

const REMEMBERED = 200_000

export class Repeats {
  private readonly seen = new Map<string, true>()
  /** How often a repeat was recognised. */
  count = 0

  first(sender: string, id: string, recipient: string, retry: boolean): boolean {
    const key = `${sender}|${id}|${recipient}`
    if (this.seen.has(key) && !retry) {
      this.count++
      return false
    }
    this.seen.set(key, true)
    if (this.seen.size > REMEMBERED) {
      const [oldest] = this.seen.keys()
      if (oldest !== undefined) this.seen.delete(oldest)
    }
    return true
  }

  forget(sender: string, id: string, recipient: string): void {
    this.seen.delete(`${sender}|${id}|${recipient}`)
  }
}
