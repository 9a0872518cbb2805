// How far a collection was read goes on from what is stored: what was fetched for another version of it changes nothing.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { AppState } from '../../../../src/services/whatsapp/app-state/app-state.ts'
import { type Collection, NEW_COLLECTION } from '../../../../src/services/whatsapp/app-state/collections.ts'
import { onDatabase } from '../../database.ts'

const ACCOUNT = 'acc-1'
const SELF = { jid: '490@s.whatsapp.net', lid: undefined }
const NAME = 'critical_unblock_low'
const at = (version: number): Collection => ({ ...NEW_COLLECTION, name: NAME, version })

const readTo = (version: number, after: number, fullName: string) =>
  AppState.use(appState =>
    appState.apply(ACCOUNT, SELF, {
      collection: at(after),
      isSnapshot: false,
      decoded: {
        mutations: [
          {
            operation: 'set',
            index: ['contact', '491@s.whatsapp.net'],
            value: { timestamp: version, contactAction: { fullName } }
          }
        ],
        changes: [],
        unreadable: 0,
        isComplete: true,
        state: { version, hash: NEW_COLLECTION.hash }
      }
    })
  )

const damaged = (version: number) =>
  AppState.use(appState => appState.write(ACCOUNT, { ...at(version), trouble: 'damaged' }))

const stored = Effect.gen(function* () {
  const appState = yield* AppState
  const sql = yield* SqlClient.SqlClient
  const { trouble, version } = (yield* appState.collections(ACCOUNT)).get(NAME) ?? at(0)
  const contacts = yield* sql<{ name: string }>`SELECT name FROM contacts`
  return { version, trouble, names: contacts.map(({ name }) => name) }
})

test('patches that follow a version that was left behind are not taken in', () =>
  onDatabase(
    Effect.gen(function* () {
      yield* readTo(5, 0, 'Ann')
      expect(yield* Effect.flip(readTo(2, 0, 'Old'))).toMatchObject({ _tag: 'CollectionChanged' })
      expect(yield* Effect.flip(damaged(2))).toMatchObject({ _tag: 'CollectionChanged' })
      expect(yield* stored).toEqual({ version: 5, trouble: null, names: ['Ann'] })
      yield* damaged(5)
      yield* readTo(6, 5, 'Ann B.')
      expect(yield* stored).toEqual({ version: 6, trouble: null, names: ['Ann B.'] })
    })
  ))

test('nor are those that were fetched before a new link', () =>
  onDatabase(
    Effect.gen(function* () {
      yield* readTo(5, 0, 'Ann')
      yield* AppState.use(({ restart }) => restart(ACCOUNT))
      expect(yield* Effect.flip(readTo(6, 5, 'Old'))).toMatchObject({ _tag: 'CollectionChanged' })
      expect(yield* Effect.flip(damaged(5))).toMatchObject({ _tag: 'CollectionChanged' })
      expect(yield* stored).toEqual({ version: 0, trouble: null, names: ['Ann'] })
    })
  ))
