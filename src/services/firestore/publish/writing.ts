// One round of writes: each document is one write, and never more are sent together than a request may hold.
import type { BulkWriter, Firestore } from 'firebase-admin/firestore'
import { type Fields, LARGE, sizeOf } from './document.ts'
import { ABOUT_ACCESS, grpcCodeOf, TEMPORARY } from './errors.ts'

/** Large documents that fit into one request of 10 MiB. */
const LARGE_TOGETHER = 8

/** A document to write or, without fields, to delete. */
export interface Write {
  readonly path: string
  readonly fields: Fields | undefined
}

export type WriteOutcome =
  | { readonly is: 'written' | 'deleted' }
  /** `later`: a temporary failure; `no access`: nothing can be written; `refused`: this document is not accepted. */
  | { readonly is: 'later' | 'no access' | 'refused'; readonly reason: string }

export const outcomeOf = (error: unknown): WriteOutcome => {
  const code = grpcCodeOf(error)
  // Without a code nothing was sent: there is no project, or there are no credentials.
  if (code === undefined) return { is: 'no access', reason: 'the client could not be set up' }
  const reason = `gRPC status ${code}`
  if (TEMPORARY.has(code)) return { is: 'later', reason }
  return { is: ABOUT_ACCESS.has(code) ? 'no access' : 'refused', reason }
}

export interface Writer {
  /** The outcome of each write, by its path. */
  readonly write: (writes: ReadonlyArray<Write>) => Promise<ReadonlyMap<string, WriteOutcome>>
}

/** The client's writer; replaced when a write has broken it. */
interface Session {
  readonly database: Firestore
  readonly rampUp: boolean
  bulk: BulkWriter
}

const openBulk = (database: Firestore, rampUp: boolean): BulkWriter => {
  const bulk = database.bulkWriter({ throttling: rampUp })
  // A failed write goes back to the queue, which has its own back-off and survives this process. BulkWriter's own retries
  // leave flush() waiting forever when the batch they are put into is not full.
  bulk.onWriteError(() => false)
  return bulk
}

const send = ({ bulk, database }: Session, { fields, path }: Write): Promise<unknown> => {
  const reference = database.doc(path)
  return fields === undefined
    ? bulk.delete(reference)
    : // Fields that applications have added to a document stay.
      bulk.set(reference, { ...fields }, { mergeFields: Object.keys(fields) })
}

const writeOne = async (session: Session, write: Write): Promise<WriteOutcome> => {
  let sent: Promise<unknown>
  try {
    sent = send(session, write)
  } catch {
    // The client refused the value at once, and its writer would wait for this write forever.
    session.bulk = openBulk(session.database, session.rampUp)
    return { is: 'refused', reason: 'the client refused the document' }
  }
  try {
    await sent
    return { is: write.fields === undefined ? 'deleted' : 'written' }
  } catch (error) {
    return outcomeOf(error)
  }
}

const writeGroup = async (
  session: Session,
  writes: ReadonlyArray<Write>,
  outcomes: Map<string, WriteOutcome>
): Promise<void> => {
  const writers = new Set<BulkWriter>()
  const writing = writes.map(async write => {
    const outcome = writeOne(session, write)
    writers.add(session.bulk)
    outcomes.set(write.path, await outcome)
  })
  // Each write reports its own outcome; flush() only makes sure that everything is sent.
  for (const writer of writers) writer.flush().catch(() => undefined)
  await Promise.all(writing)
}

const isLarge = ({ fields }: Write): boolean => fields !== undefined && sizeOf(fields) > LARGE

/** Writes that may be sent together: all that are not large, then a few large ones at a time. */
export const groupsOf = (writes: ReadonlyArray<Write>): ReadonlyArray<ReadonlyArray<Write>> => {
  const groups = [writes.filter(write => !isLarge(write))]
  const large = writes.filter(isLarge)
  for (let at = 0; at < large.length; at += LARGE_TOGETHER) groups.push(large.slice(at, at + LARGE_TOGETHER))
  return groups
}

/** `rampUp`: begin with 500 writes a second and rise by half every five minutes. */
export const makeWriter = (database: Firestore, rampUp: boolean): Writer => {
  const session: Session = { database, rampUp, bulk: openBulk(database, rampUp) }
  return {
    write: async writes => {
      const outcomes = new Map<string, WriteOutcome>()
      for (const group of groupsOf(writes)) await writeGroup(session, group, outcomes)
      return outcomes
    }
  }
}
