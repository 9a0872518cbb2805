// A thread that does much work must not take the processor from the main thread, which answers people and receives messages.
import { getPriority, setPriority } from 'node:os'

/** Gets a quarter of a processor that the main thread wants as well, and all of one that nobody else wants. */
const LOWER = 5
/** The lowest that Linux knows. */
const LOWEST = 19

/**
 * Lowers the priority of the calling thread. On Linux alone: elsewhere it is the priority of the whole process.
 *
 * Where the system forbids it, the thread goes on with the priority that it has.
 */
export const giveWayToMainThread = (): void => {
  if (process.platform !== 'linux') return
  try {
    setPriority(0, Math.min(LOWEST, getPriority() + LOWER))
  } catch {
    return
  }
}
