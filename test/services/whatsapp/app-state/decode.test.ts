// Patches and snapshots as WhatsApp makes them: what fits is read, whatever is missing or changed is noticed.
import { type WAPatchCreate, proto } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppState } from '../../../../simulator/state/app-state.ts'
import {
  type CollectionState,
  decodePatch,
  type DecodedRecords,
  decodeSnapshot,
  indexMacsIn
} from '../../../../src/services/whatsapp/app-state/decode.ts'
import { EMPTY_HASH, expandSyncKey } from '../../../../src/services/whatsapp/app-state/records.ts'

const COLLECTION = 'regular_low'
const { REMOVE, SET } = proto.SyncdMutation.SyncdOperation

interface Change {
  readonly chat: number
  readonly pinned: boolean
  readonly isRemoved: boolean
}

const patchOf = ({ chat, isRemoved, pinned }: Change): WAPatchCreate => ({
  type: COLLECTION,
  index: ['pin_v1', `${chat}@s.whatsapp.net`],
  syncAction: { timestamp: 1, pinAction: { pinned } },
  apiVersion: 5,
  operation: isRemoved ? REMOVE : SET
})

/** A phone that made each list of changes as one patch, with a new key in between. */
const phoneWith = async (patches: ReadonlyArray<ReadonlyArray<Change>>): Promise<AppState> => {
  const phone = new AppState(1, '491')
  for (const [place, changes] of patches.entries()) {
    if (place === 1) phone.rotateKey()
    await phone.write(changes.map(patchOf))
  }
  return phone
}

const keysOf = (phone: AppState) =>
  new Map(phone.keys.map(({ data, id }) => [id.toString('base64'), expandSyncKey(data)]))

const readingWith = (phone: AppState) => ({ keys: keysOf(phone), turn: Effect.yieldNow })

const read = async (phone: AppState, patches: ReadonlyArray<Uint8Array>) => {
  let state: CollectionState = { version: 0, hash: EMPTY_HASH }
  const macs = new Map<string, Uint8Array>()
  const decoded: Array<DecodedRecords> = []
  for (const bytes of patches) {
    const patch = proto.SyncdPatch.decode(bytes)
    const known = new Map([...macs].filter(([indexMac]) => indexMacsIn(patch).includes(indexMac)))
    const next = await Effect.runPromise(decodePatch(COLLECTION, patch, state, known, readingWith(phone)))
    decoded.push(next)
    if (!next.isComplete) break
    state = next.state
    for (const { indexMac, valueMac } of next.changes) {
      if (valueMac === undefined) macs.delete(indexMac)
      else macs.set(indexMac, valueMac)
    }
  }
  return { decoded, state }
}

const change = fc.record({
  chat: fc.integer({ min: 1, max: 4 }),
  pinned: fc.boolean(),
  isRemoved: fc.boolean()
})
const patchLists = fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 })

test('patches in their order and a snapshot lead to the same collection, with everything that was changed', async () => {
  await fc.assert(
    fc.asyncProperty(patchLists, async lists => {
      const phone = await phoneWith(lists)
      const { decoded, state } = await read(phone, phone.collection(COLLECTION)!.patches)
      expect(decoded.every(({ isComplete, unreadable }) => isComplete && unreadable === 0)).toBe(true)
      expect(decoded.flatMap(({ mutations }) => mutations.map(({ operation }) => operation))).toEqual(
        lists.flat().map(({ isRemoved }) => (isRemoved ? 'remove' : 'set'))
      )
      const snapshot = proto.SyncdSnapshot.decode(
        proto.SyncdSnapshot.encode(phone.snapshot(COLLECTION)!).finish()
      )
      const whole = await Effect.runPromise(decodeSnapshot(COLLECTION, snapshot, readingWith(phone)))
      expect(whole.isComplete).toBe(true)
      expect(Buffer.from(whole.state.hash)).toEqual(Buffer.from(state.hash))
      expect(whole.state.version).toBe(state.version)
    }),
    { numRuns: 30 }
  )
})

test('a patch that is missing, or of which a byte is changed, does not pass for whole', async () => {
  await fc.assert(
    fc.asyncProperty(patchLists, fc.nat(), fc.nat(), async (lists, which, where) => {
      const phone = await phoneWith(lists)
      const patches = phone.collection(COLLECTION)!.patches
      const at = which % patches.length
      if (at < patches.length - 1)
        expect((await read(phone, patches.toSpliced(at, 1))).decoded.at(-1)?.isComplete).toBe(false)
      const patch = proto.SyncdPatch.decode(patches[at]!)
      const blob = Buffer.from(patch.mutations![0]!.record!.value!.blob!)
      blob[where % blob.length]! ^= 1
      patch.mutations![0]!.record!.value!.blob = blob
      const changed = patches.with(at, proto.SyncdPatch.encode(patch).finish())
      expect((await read(phone, changed)).decoded.at(-1)?.isComplete).toBe(false)
    }),
    { numRuns: 30 }
  )
})

test('the event loop goes on while a large collection is read', async () => {
  const phone = await phoneWith(
    Array.from({ length: 10 }, (_, patch) =>
      Array.from({ length: 20 }, (_unused, n) => ({ chat: patch * 20 + n, pinned: true, isRemoved: false }))
    )
  )
  let turns = 0
  let isRead = false
  const count = (): void => {
    if (isRead) return
    turns += 1
    setImmediate(count)
  }
  setImmediate(count)
  const decoded = await Effect.runPromise(
    decodeSnapshot(COLLECTION, phone.snapshot(COLLECTION)!, readingWith(phone))
  )
  isRead = true
  expect(decoded.isComplete).toBe(true)
  expect(decoded.mutations).toHaveLength(200)
  expect(turns).toBeGreaterThan(5)
})
