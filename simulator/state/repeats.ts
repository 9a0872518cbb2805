// Recognizes a message that a device sends again under the same id, so that it reaches each recipient's device once. A
// recipient that could not decrypt the message and asked again may get it again.
import { BoundedMap } from './bounded-map.ts'

const LIMIT = 200_000

export class Repeats {
  private readonly delivered = new BoundedMap<true>(LIMIT)
  private readonly times = new BoundedMap<number>(LIMIT)
  /** How often a repeat was recognized. */
  count = 0

  /**
   * When a message was accepted, Unix seconds: a repeat is acknowledged with the time of the first one, which is the time
   * its recipients know.
   */
  acceptedAt(sender: string, id: string, now: number): number {
    const key = `${sender}|${id}`
    const known = this.times.get(key)
    if (known !== undefined) return known
    this.times.set(key, now)
    return now
  }

  /** Whether this message was accepted before. */
  knows(sender: string, id: string): boolean {
    return this.times.has(`${sender}|${id}`)
  }

  /** Whether this recipient's device has yet to get the message; records that it does now. */
  isFirst(sender: string, id: string, recipient: string, isRetry: boolean): boolean {
    const key = `${sender}|${id}|${recipient}`
    if (this.delivered.has(key) && !isRetry) {
      this.count++
      return false
    }
    this.delivered.set(key, true)
    return true
  }

  /** The recipient's device may get the message once more. */
  forget(sender: string, id: string, recipient: string): void {
    this.delivered.delete(`${sender}|${id}|${recipient}`)
  }
}
