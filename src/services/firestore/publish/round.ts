// What is to be written in one round: a document is compared by its digest with what Firestore was last known to have.
import type { ComposedDocuments } from './compose.ts'
import { digestOf } from './document.ts'
import type { DocumentOutcome, PendingDocument } from './queue.ts'
import type { Write } from './writing.ts'

export interface Round {
  readonly writes: ReadonlyArray<Write>
  /** Documents whose outcome is known without a write. */
  readonly outcomes: ReadonlyMap<string, DocumentOutcome>
  /** Of all documents as they should be now. */
  readonly digests: ReadonlyMap<string, Uint8Array>
}

const isEqual = (a: Uint8Array, b: Uint8Array | null): boolean => b !== null && Buffer.compare(a, b) === 0

export const planRound = (
  pending: ReadonlyArray<PendingDocument>,
  { documents, unreadable }: ComposedDocuments
): Round => {
  const writes: Array<Write> = []
  const outcomes = new Map<string, DocumentOutcome>()
  const digests = new Map<string, Uint8Array>()
  for (const { digest, forced, maybeThere, path } of pending) {
    const reason = unreadable.get(path)
    const fields = documents.get(path)
    if (reason !== undefined) outcomes.set(path, { is: 'unreadable', reason })
    else if (fields === undefined) {
      if (maybeThere) writes.push({ path, fields })
      else outcomes.set(path, { is: 'never there' })
    } else {
      const now = digestOf(path, fields)
      digests.set(path, now)
      if (!forced && isEqual(now, digest)) outcomes.set(path, { is: 'same' })
      else writes.push({ path, fields })
    }
  }
  return { writes, outcomes, digests }
}
