// The local Firestore itself, asked by the real client: exact in what it does, UNIMPLEMENTED in the rest.
import { status } from '@grpc/grpc-js'
import { AggregateField, FieldPath, FieldValue, type Firestore, Timestamp } from 'firebase-admin/firestore'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { FirestoreReader } from '../../harness/firestore.ts'
import { LocalFirestore } from './server.ts'

let server: LocalFirestore
let reader: FirestoreReader
let db: Firestore
let name = ''
beforeAll(async () => {
  server = await LocalFirestore.start({
    indexes: {
      indexes: [
        {
          collectionGroup: 'indexed',
          queryScope: 'COLLECTION',
          fields: [
            { fieldPath: 'a', order: 'ASCENDING' },
            { fieldPath: 'b', order: 'DESCENDING' }
          ]
        }
      ],
      fieldOverrides: [{ collectionGroup: 'exempting', fieldPath: 'numbers', indexes: [] }]
    }
  })
  reader = new FirestoreReader(server.host)
  db = reader.database
})
afterAll(async () => {
  await reader[Symbol.asyncDispose]()
  await server.stop()
})
let n = 0
beforeEach(() => {
  name = `c${(n += 1)}`
})

const ids = (found: FirebaseFirestore.QuerySnapshot) => found.docs.map(({ id }) => id)
const code = (wanted: status) => expect.objectContaining({ code: wanted })

describe('documents', () => {
  test('keep every type of value', async () => {
    const value = {
      none: null,
      yes: true,
      whole: 9_007_199_254_740_991,
      real: 0.1,
      not: Number.NaN,
      text: 'שלום 👋🏽',
      bytes: Buffer.from([0, 255]),
      at: Timestamp.fromMillis(1_700_000_000_123),
      list: [1, { deep: ['x'] }],
      map: { 'odd name.`': { inner: 1 } },
      other: db.doc('x/y')
    }
    await db.doc(`${name}/a`).set(value)
    expect((await db.doc(`${name}/a`).get()).data()).toEqual(value)
  })

  test('are created once, updated only when there, and changed field by field', async () => {
    const document = db.doc(`${name}/a`)
    await expect(document.update({ x: 1 })).rejects.toEqual(code(status.NOT_FOUND))
    await document.create({ x: 1, map: { a: 1, b: 2 } })
    await expect(document.create({ x: 2 })).rejects.toEqual(code(status.ALREADY_EXISTS))
    await document.update({ 'map.a': 3, x: FieldValue.delete() })
    await document.set({ map: { c: 4 } }, { merge: true })
    expect((await document.get()).data()).toEqual({ map: { a: 3, b: 2, c: 4 } })
    await document.set({ map: { d: 1 }, y: 1 }, { mergeFields: ['map'] })
    expect((await document.get()).data()).toEqual({ map: { d: 1 } })
  })

  test('are transformed by the server', async () => {
    const document = db.doc(`${name}/a`)
    await document.set({ n: 1, list: [1, 2] })
    await document.update({
      n: FieldValue.increment(2),
      list: FieldValue.arrayUnion(2, 3),
      at: FieldValue.serverTimestamp()
    })
    await document.update({ list: FieldValue.arrayRemove(1) })
    const found = await document.get()
    expect(found.data()).toMatchObject({ n: 3, list: [2, 3] })
    expect(Math.abs(found.get('at').toMillis() - Date.now())).toBeLessThan(60_000)
  })

  test('are written on condition that they are what was read', async () => {
    const document = db.doc(`${name}/a`)
    const { writeTime } = await document.set({ n: 1 })
    await document.update({ n: 2 }, { lastUpdateTime: writeTime })
    await expect(document.update({ n: 3 }, { lastUpdateTime: writeTime })).rejects.toEqual(
      code(status.FAILED_PRECONDITION)
    )
  })

  test('over 1 MiB, with nested lists or reserved names are refused', async () => {
    await expect(db.doc(`${name}/a`).set({ text: 'x'.repeat(1_048_576) })).rejects.toEqual(
      code(status.INVALID_ARGUMENT)
    )
    await expect(db.doc(`${name}/__a__`).set({})).rejects.toEqual(code(status.INVALID_ARGUMENT))
    await expect(db.doc(`${name}/a`).set({ __a__: 1 })).rejects.toEqual(code(status.INVALID_ARGUMENT))
  })

  test('of a batch are all written or none', async () => {
    const batch = db.batch()
    batch.set(db.doc(`${name}/a`), { x: 1 })
    batch.update(db.doc(`${name}/missing`), { x: 1 })
    await expect(batch.commit()).rejects.toEqual(code(status.NOT_FOUND))
    expect((await db.doc(`${name}/a`).get()).exists).toBe(false)
  })
})

describe('queries', () => {
  test('order values as Firestore does, and leave out what lacks the field', async () => {
    const values = { e: 'b', f: 'a', c: 2, b: 1.5, a: null, d: Timestamp.fromMillis(1), g: [1], h: { x: 1 } }
    for (const [id, x] of Object.entries(values)) await db.doc(`${name}/${id}`).set({ x })
    await db.doc(`${name}/none`).set({ y: 1 })
    expect(ids(await db.collection(name).orderBy('x').get())).toEqual([
      'a',
      'b',
      'c',
      'd',
      'f',
      'e',
      'g',
      'h'
    ])
    expect(ids(await db.collection(name).orderBy('x', 'desc').limit(2).get())).toEqual(['h', 'g'])
  })

  test('filter within a type, by lists and by absence', async () => {
    const values = [1, 2, 3, 'x', null, [1, 2]]
    for (const [i, x] of values.entries()) await db.doc(`${name}/${i}`).set({ x })
    const where = async (op: FirebaseFirestore.WhereFilterOp, value: unknown) =>
      ids(await db.collection(name).where('x', op, value).get())
    expect(await where('>', 1)).toEqual(['1', '2'])
    expect(await where('in', [1, 'x'])).toEqual(['0', '3'])
    expect(await where('not-in', [1, 2])).toEqual(['2', '3', '5'])
    expect(await where('!=', 1)).toEqual(['1', '2', '3', '5'])
    expect(await where('==', null)).toEqual(['4'])
    expect(await where('array-contains', 2)).toEqual(['5'])
  })

  test('begin and end at cursors, also by the id of a document', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await db.doc(`${name}/${id}`).set({ x: id === 'd' ? 2 : 1 })
    const ordered = db.collection(name).orderBy('x')
    const b = await db.doc(`${name}/b`).get()
    expect(ids(await ordered.startAfter(b).get())).toEqual(['c', 'd'])
    expect(ids(await ordered.endBefore(b).get())).toEqual(['a'])
    expect(ids(await db.collection(name).orderBy(FieldPath.documentId()).startAt('c').get())).toEqual([
      'c',
      'd'
    ])
    expect(ids(await ordered.limitToLast(2).get())).toEqual(['c', 'd'])
    expect((await ordered.offset(1).count().get()).data()).toEqual({ count: 3 })
  })

  test('reach into all collections of an id, and into one only', async () => {
    await db.doc(`${name}/a/sub${name}/1`).set({ x: 1 })
    await db.doc(`${name}/b/sub${name}/2`).set({ x: 2 })
    expect(ids(await db.collectionGroup(`sub${name}`).get())).toEqual(['1', '2'])
    expect(ids(await db.collection(`${name}/a/sub${name}`).get())).toEqual(['1'])
    expect((await db.doc(`${name}/a`).listCollections()).map(({ id }) => id)).toEqual([`sub${name}`])
  })

  test('that need an index nobody has deployed are refused, as in production', async () => {
    const needing = (collection: string) =>
      db.collection(collection).where('a', '==', 1).orderBy('b', 'desc').get()
    expect((await needing('indexed')).size).toBe(0)
    await expect(needing(name)).rejects.toEqual(code(status.FAILED_PRECONDITION))
  })
})

describe('transactions', () => {
  test('do not lose an increment of ten at once', async () => {
    const document = db.doc(`${name}/a`)
    await document.set({ n: 0 })
    await Promise.all(
      Array.from({ length: 10 }, () =>
        db.runTransaction(
          async transaction => {
            const found = await transaction.get(document)
            transaction.update(document, { n: found.get('n') + 1 })
          },
          { maxAttempts: 30 }
        )
      )
    )
    expect((await document.get()).get('n')).toBe(10)
  })
})

describe('listeners', () => {
  test('are told what comes, changes and leaves, also after a break', async () => {
    const seen: Array<string> = []
    let wake = (): void => undefined
    const until = async (wanted: string) => {
      while (!seen.includes(wanted)) await new Promise<void>(resolve => (wake = resolve))
    }
    const stop = db
      .collection(name)
      .where('x', '>', 0)
      .onSnapshot(snapshot => {
        for (const { doc, type } of snapshot.docChanges()) seen.push(`${type} ${doc.id} ${doc.get('x')}`)
        wake()
      })
    await db.doc(`${name}/a`).set({ x: 1 })
    await until('added a 1')
    await db.doc(`${name}/a`).set({ x: 2 })
    await until('modified a 2')
    server.breakListeners()
    await db.doc(`${name}/b`).set({ x: 5 })
    await db.doc(`${name}/a`).set({ x: 0 })
    await until('removed a 2')
    await until('added b 5')
    await db.doc(`${name}/b`).delete()
    await until('removed b 5')
    stop()
    expect(seen).toEqual(['added a 1', 'modified a 2', ...seen.slice(2)])
  })
})

test('a document with more entries in indexes than production keeps is refused, unless its field has none', async () => {
  const numbers = Array.from({ length: 40_001 }, (_, n) => n)
  await expect(db.doc(`${name}/many`).set({ numbers })).rejects.toEqual(code(status.INVALID_ARGUMENT))
  const texts = numbers.slice(0, 6000).map(n => `${n} ${'x'.repeat(150)}`)
  await db.doc(`${name}/some`).set({ texts })
  // Of each 1,500 bytes are indexed, in both directions.
  const long = Object.fromEntries(numbers.slice(0, 2700).map(n => [`t${n}`, 'x'.repeat(300)]))
  await db.doc(`${name}/long`).set(long)
  await db.doc('exempting/many').set({ numbers })
})

test.concurrent.each([
  ['parts of documents', () => db.getAll(db.doc('a/b'), { fieldMask: ['x'] })],
  ['sums', () => db.collection(name).aggregate({ x: sum() }).get()],
  ['lists of documents that are not there', () => db.collection(name).listDocuments()],
  [
    'partitions',
    async () => {
      await db.collectionGroup(name).getPartitions(3)[Symbol.asyncIterator]().next()
    }
  ]
])('%s are not done, and said so', async (_, work) => {
  await expect(work()).rejects.toEqual(code(status.UNIMPLEMENTED))
})

/** The aggregation that the server does not do. */
function sum(): FirebaseFirestore.AggregateField<number> {
  return AggregateField.sum('x')
}
