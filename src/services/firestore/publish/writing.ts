// One round of writes: each document for itself, never more together than a request takes.
import type { BulkWriter, Firestore } from 'firebase-admin/firestore'
import { type Fields, LARGE, sizeOf } from './document.ts'
import { grpcCodeOf, OF_ACCESS, PASSING } from './errors.ts'

/** Large documents that fit into one request of 10 MiB. */
const LARGE_TOGETHER = 8

/** A document to be written, or, without fields, to be deleted. */
export interface Task {
  readonly path: string
  readonly fields: Fields | undefined
}

export type Outcome =
  | { readonly is: 'written' | 'deleted' }
  /** `later`: it passes by itself; `no access`: nothing can be written; `refused`: this document is not taken. */
  | { readonly is: 'later' | 'no access' | 'refused'; readonly reason: string }

export const outcomeOf = (error: unknown): Outcome => {
  const code = grpcCodeOf(error)
  // Without a code nothing was sent: no project, no credentials.
  if (code === undefined) return { is: 'no access', reason: 'the client could not be set up' }
  const reason = `gRPC status ${code}`
  if (PASSING.has(code)) return { is: 'later', reason }
  return { is: OF_ACCESS.has(code) ? 'no access' : 'refused', reason }
}

export interface Writer {
  /** What became of each document, by its path. */
  readonly write: (tasks: ReadonlyArray<Task>) => Promise<ReadonlyMap<string, Outcome>>
}

/** `rampUp`: begin with 500 writes a second and rise by half every five minutes. */
export const makeWriter = (database: Firestore, rampUp: boolean): Writer => {
  const fresh = (): BulkWriter => {
    const bulk = database.bulkWriter({ throttling: rampUp })
    // Whatever fails goes back to the queue, which has its own back-off and survives this process. BulkWriter's own retries
    // leave flush() waiting for ever when the batch they are put into is not full.
    bulk.onWriteError(() => false)
    return bulk
  }
  let bulk = fresh()

  const enqueued = ({ fields, path }: Task): Promise<unknown> => {
    const reference = database.doc(path)
    return fields === undefined
      ? bulk.delete(reference)
      : // What applications have added to a document stays.
        bulk.set(reference, { ...fields }, { mergeFields: Object.keys(fields) })
  }

  const writeOne = async (task: Task): Promise<Outcome> => {
    let sent: Promise<unknown>
    try {
      sent = enqueued(task)
    } catch {
      // The client refuses the value at once, and its writer would wait for this one for ever.
      bulk = fresh()
      return { is: 'refused', reason: 'the client refused the document' }
    }
    try {
      await sent
      return { is: task.fields === undefined ? 'deleted' : 'written' }
    } catch (error) {
      return outcomeOf(error)
    }
  }

  const writeGroup = async (tasks: ReadonlyArray<Task>, outcomes: Map<string, Outcome>): Promise<void> => {
    const writers = new Set<BulkWriter>()
    const writes = tasks.map(async task => {
      const written = writeOne(task)
      writers.add(bulk)
      outcomes.set(task.path, await written)
    })
    // Each write says by itself when it is done: that everything was sent is all that is asked for here.
    for (const writer of writers) writer.flush().catch(() => undefined)
    await Promise.all(writes)
  }

  const isLarge = ({ fields }: Task) => fields !== undefined && sizeOf(fields) > LARGE

  return {
    write: async tasks => {
      const outcomes = new Map<string, Outcome>()
      const groups = [tasks.filter(task => !isLarge(task))]
      const large = tasks.filter(isLarge)
      for (let at = 0; at < large.length; at += LARGE_TOGETHER)
        groups.push(large.slice(at, at + LARGE_TOGETHER))
      for (const group of groups) await writeGroup(group, outcomes)
      return outcomes
    }
  }
}
