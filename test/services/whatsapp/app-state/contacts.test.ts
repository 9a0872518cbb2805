// What others are told of contacts in app state: of each, or of so many that they came.
import { Effect } from 'effect'
import { expect, test } from 'vitest'
import { AppState } from '../../../../src/services/whatsapp/app-state/app-state.ts'
import { NEW_COLLECTION } from '../../../../src/services/whatsapp/app-state/collections.ts'
import { EventLog } from '../../../../src/services/events/event-log.ts'
import { ContactStore } from '../../../../src/services/conversations/contact-store.ts'
import { onDatabase } from '../../database.ts'

const ACCOUNT = 'acc-1'
const SELF = { jid: '490@s.whatsapp.net', lid: undefined }
const NAME = 'critical_unblock_low'

const apply = (people: ReadonlyArray<number>, fullName: string, version = 1) =>
  AppState.use(appState =>
    appState.apply(ACCOUNT, SELF, {
      collection: { ...NEW_COLLECTION, name: NAME, version: version - 1 },
      isSnapshot: false,
      decoded: {
        mutations: people.map(n => ({
          operation: 'set' as const,
          index: ['contact', `49${1000 + n}@s.whatsapp.net`],
          value: { timestamp: 1, contactAction: { fullName, lidJid: `${9000 + n}@lid` } }
        })),
        changes: [],
        unreadable: 0,
        isComplete: true,
        state: { version, hash: NEW_COLLECTION.hash }
      }
    })
  )

const events = Effect.gen(function* () {
  const log = yield* EventLog
  const found = yield* log.list({ after: 0, limit: 1000 })
  return found.filter(({ kind }) => kind.startsWith('contact.'))
})

test('a whole address book is one event; a few contacts are told each', () =>
  onDatabase(
    Effect.gen(function* () {
      const contacts = yield* ContactStore
      const all = Array.from({ length: 101 }, (_, n) => n)
      yield* apply(all, 'Ann')
      expect(yield* events).toMatchObject([{ kind: 'contact.imported', facts: { contacts: 101 } }])
      expect(yield* contacts.saved(ACCOUNT)).toHaveLength(101)

      yield* apply(all.slice(0, 2), 'Ben', 2)
      expect((yield* events).map(({ kind }) => kind)).toEqual([
        'contact.imported',
        'contact.changed',
        'contact.changed'
      ])
    })
  ))
