// Events as the endpoint's format tells them, with what the database has for that beside the event.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { CloudEvent } from '../../domain/cloud-event.ts'
import { readAccount } from '../conversations/sql/accounts.ts'
import { readProtobufs } from '../conversations/sql/message-lookups.ts'
import { messageJson } from '../whatsapp/convert/message-json.ts'
import type { Endpoint } from './endpoints.ts'
import type { Material } from './formats/format.ts'
import { FORMATS } from './formats/formats.ts'
import { type Outgoing, outgoingOf, outgoingsOf } from './outgoing.ts'

/** What an event is about. */
interface About {
  readonly accountId: string | null
  readonly threadId: string | null
  readonly messageId: string | null
}

/** No thread and no message. */
export const ofAccount = (accountId: string | null): About => ({ accountId, threadId: null, messageId: null })

const contentsOf = Effect.fnUntraced(function* (abouts: ReadonlyArray<About>) {
  const sql = yield* SqlClient.SqlClient
  const keys = abouts.flatMap(({ messageId, threadId }) =>
    messageId === null || threadId === null ? [] : [[threadId, messageId] as const]
  )
  const rows = yield* readProtobufs(sql, keys)
  return new Map(rows.map(({ messageId, raw, threadId }) => [`${threadId} ${messageId}`, raw]))
})

const accountsOf = Effect.fnUntraced(function* (abouts: ReadonlyArray<About>) {
  const sql = yield* SqlClient.SqlClient
  const ids = new Set(abouts.flatMap(({ accountId }) => accountId ?? []))
  const accounts = yield* Effect.forEach(ids, accountId => readAccount(sql, accountId))
  return new Map(accounts.flatMap(account => (account === undefined ? [] : [[account.accountId, account]])))
})

/** The requests for each event; none for one that the format cannot tell. */
export const requestsFor = Effect.fnUntraced(function* (
  endpoint: Endpoint,
  events: ReadonlyArray<readonly [about: About, document: CloudEvent]>
) {
  const { format } = endpoint
  if (format === 'backscroll')
    return events.map(([, document]): ReadonlyArray<Outgoing> => [outgoingOf(endpoint, document)])
  const abouts = events.map(([about]) => about)
  const contents = yield* contentsOf(abouts)
  const accounts = yield* accountsOf(abouts)
  return events.map(([{ accountId, messageId, threadId }, event]) => {
    const raw = contents.get(`${threadId} ${messageId}`)
    const material: Material = {
      event,
      account: accountId === null ? undefined : accounts.get(accountId),
      content: raw === undefined ? undefined : messageJson(raw),
      url: endpoint.url
    }
    return outgoingsOf(endpoint, event, FORMATS[format].payloadsOf(material))
  })
})
