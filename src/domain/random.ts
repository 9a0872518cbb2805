// Random bytes for names and secrets. Drawing many at once costs as much as drawing a few.
import { randomFillSync } from 'node:crypto'

const DRAWN_AT_ONCE = 4096
const drawn = Buffer.alloc(DRAWN_AT_ONCE)
let used = DRAWN_AT_ONCE

/** Bytes that nobody can guess, and that are given once; `count` is at most some hundreds. */
export const randomBytes = (count: number): Buffer => {
  if (used + count > DRAWN_AT_ONCE) {
    randomFillSync(drawn)
    used = 0
  }
  const bytes = Buffer.from(drawn.subarray(used, used + count))
  drawn.fill(0, used, used + count)
  used += count
  return bytes
}
