// docs/data-model.md names every field of every document, and no field that does not exist.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { AccountStore } from '../src/services/conversations/account-store.ts'
import { ContactStore } from '../src/services/conversations/contact-store.ts'
import { composeDocuments } from '../src/services/firestore/publish/compose.ts'
import { installTracking } from '../src/services/firestore/publish/tracking.ts'
import { Incidents } from '../src/services/incidents/incidents.ts'
import { onDatabase } from './services/database.ts'
import { ACCOUNT as RECORD } from './services/outbox/account.ts'
import { ACCOUNT, ANN, apply, message } from './services/conversations/facts.ts'

const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'data-model.md'), 'utf8')

/** The fields that the tables below a heading name. */
const documented = (heading: string): ReadonlyArray<string> => {
  const section = text.split(`### \`${heading}`)[1]?.split('\n### ')[0] ?? ''
  return section
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .flatMap(line => [...line.split('|')[1]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!))
    .toSorted()
}

test.each([
  ['accounts/', []],
  ['threads/{threadId}`', []],
  ['threads/{threadId}/messages', []],
  ['contacts/', []],
  // What only applications write, or what says how a request was taken.
  ['outbox/', ['to', 'content', 'clientMessageId', 'createdBy', 'payload', 'claimedBy', 'field']],
  ['incidents/', []]
])('%s', async (heading, others) => {
  const documents = await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const accounts = yield* AccountStore
      const contacts = yield* ContactStore
      yield* installTracking
      yield* accounts.create(RECORD)
      yield* apply(message('A1'))
      yield* contacts.put(ACCOUNT, [{ contactJid: ANN, name: 'Ann' }])
      yield* Incidents.use(({ report }) =>
        report({
          accountId: ACCOUNT,
          kind: 'media.lost',
          severity: 'info',
          subject: 's',
          happened: 'h',
          did: 'd',
          advice: 'a'
        })
      )
      yield* sql`INSERT INTO outbox (account_id, thread_id, message_id, whatsapp_id, to_jid, content, status,
          next_attempt_at, created_at, updated_at)
        VALUES (${ACCOUNT}, 't', 'm', 'w', ${ANN}, '{"kind":"text","text":"x"}', 'queued', 0, 0, 0)`
      const paths = yield* sql<{ path: string }>`SELECT path FROM firestore_documents`
      return (yield* composeDocuments(
        sql,
        paths.map(({ path }) => path)
      )).documents
    })
  )
  const collection = heading.split('/')[0]!
  const isMessage = heading.includes('messages')
  const [, fields = {}] =
    [...documents].find(
      ([path]) => path.startsWith(collection) && path.includes('/messages/') === isMessage
    ) ?? []
  expect(Object.keys(fields).length).toBeGreaterThan(3)
  expect(documented(heading)).toEqual([...Object.keys(fields), ...others].toSorted())
})
