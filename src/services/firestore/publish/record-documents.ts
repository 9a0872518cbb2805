// The documents that are one row each: accounts, contacts, outbox entries, incidents. All answer `undefined` when there is
// no such row.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { decodeAccount } from '../../conversations/sql/accounts.ts'
import { listLabels } from '../../conversations/sql/labels.ts'
import { decodeIncident } from '../../incidents/incident-rows.ts'
import { decodeOutboxRow, entryOf } from '../../outbox/entry-row.ts'

const decodeContact = Schema.decodeUnknownEffect(
  Schema.Struct({
    accountId: Schema.String,
    contactJid: Schema.String,
    name: Schema.NullOr(Schema.String),
    pushName: Schema.NullOr(Schema.String)
  })
)

export const accountDocument = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, accountId: string) {
  const [row] = yield* sql`SELECT * FROM accounts WHERE account_id = ${accountId}`
  if (row === undefined) return undefined
  // When the account was last online changes all the time, and only the server uses it.
  const { onlineAt: _, ...account } = yield* decodeAccount(row)
  return { ...account, labels: yield* listLabels(sql, accountId) }
})

/** `id` is the account's id and the contact's JID. */
export const contactDocument = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, id: string) {
  const at = id.indexOf('__')
  const [row] = yield* sql`SELECT * FROM contacts
    WHERE account_id = ${id.slice(0, at)} AND contact_jid = ${id.slice(at + 2)}`
  return row === undefined ? undefined : yield* decodeContact(row)
})

/** `id` is that of the application's document or, without one, WhatsApp's id of the message. */
export const outboxDocument = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, id: string) {
  const [row] = yield* sql`SELECT * FROM outbox WHERE document_id = ${id}
    UNION ALL SELECT * FROM outbox WHERE whatsapp_id = ${id} AND document_id IS NULL LIMIT 1`
  return row === undefined ? undefined : entryOf(yield* decodeOutboxRow(row))
})

export const incidentDocument = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, incidentId: string) {
  const [row] = yield* sql`SELECT * FROM incidents WHERE incident_id = ${incidentId}`
  return row === undefined ? undefined : yield* decodeIncident(row)
})
