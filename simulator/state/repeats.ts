// Recognises a message a device sends again under the same id, so that it reaches each recipient's device once. A recipient
// that could not decrypt it and asked again may get it again.

const REMEMBERED = 200_000

export class Repeats {
  private readonly seen = new Map<string, true>()
  private readonly times = new Map<string, number>()
  /** How often a repeat was recognised. */
  count = 0

  /** When a message was taken: a repeat is acknowledged with the time of the first, which recipients have it under. */
  takenAt(sender: string, id: string, now: number): number {
    const key = `${sender}|${id}`
    const known = this.times.get(key)
    if (known !== undefined) return known
    this.times.set(key, now)
    if (this.times.size > REMEMBERED) {
      const [oldest] = this.times.keys()
      if (oldest !== undefined) this.times.delete(oldest)
    }
    return now
  }

  /** Whether this message was taken before. */
  knows(sender: string, id: string): boolean {
    return this.times.has(`${sender}|${id}`)
  }

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
