// What a round writes, by what is known of each document.
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { composeDocuments } from '../../../../src/services/firestore/publish/compose.ts'
import { digestOf } from '../../../../src/services/firestore/publish/document.ts'
import { placeOf } from '../../../../src/services/firestore/publish/paths.ts'
import { type PendingDocument, rowChanges } from '../../../../src/services/firestore/publish/queue.ts'
import { planRound } from '../../../../src/services/firestore/publish/round.ts'
import { onDatabase } from '../../database.ts'

const PATH = 'accounts/acc-1'
const FIELDS = { name: 'Shop' }

const pending = (known: Partial<PendingDocument> = {}): PendingDocument => ({
  path: PATH,
  version: 3,
  digest: null,
  attempts: 0,
  maybeThere: false,
  forced: false,
  ...known
})

const planned = (known: Partial<PendingDocument>, fields?: typeof FIELDS) => {
  const documents = new Map(fields === undefined ? [] : [[PATH, fields]])
  const { outcomes, writes } = planRound([pending(known)], { documents, unreadable: new Map() })
  return { writes, outcome: outcomes.get(PATH) }
}

test('a document that Firestore has is written only if it is forced', () => {
  const digest = digestOf(PATH, FIELDS)
  expect(planned({ digest }, FIELDS)).toEqual({ writes: [], outcome: { is: 'same' } })
  expect(planned({ digest, forced: true }, FIELDS).writes).toEqual([{ path: PATH, fields: FIELDS }])
  expect(planned({ digest: null }, FIELDS).writes).toHaveLength(1)
})

test('a document that is gone here is deleted only if Firestore may have it', () => {
  expect(planned({ maybeThere: true }).writes).toEqual([{ path: PATH, fields: undefined }])
  expect(planned({ maybeThere: false })).toEqual({ writes: [], outcome: { is: 'never there' } })
})

test('failed attempts wait longer and longer, half a minute at most', () => {
  const dueAfter = (attempts: number) =>
    rowChanges([pending({ attempts })], new Map([[PATH, { is: 'later', reason: '' }]]), new Map(), 0).retry
  expect([0, 1, 2, 50].map(dueAfter)).toEqual([1000, 2000, 4000, 30_000].map(after => [[PATH, after]]))
})

test('a path of another version concerns one document, not the round', async () => {
  expect(placeOf('labels/acc-1')).toBeUndefined()
  const composed = await onDatabase(
    SqlClient.SqlClient.use(sql => composeDocuments(sql, ['labels/acc-1', 'accounts/none']))
  )
  expect([...composed.unreadable.keys()]).toEqual(['labels/acc-1'])
  expect(composed.documents.size).toBe(0)
})
