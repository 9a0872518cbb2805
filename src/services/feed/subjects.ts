// What events are about, read for all of them at once.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { MessageData } from '../../domain/events/conversation-events.ts'
import type { Contact } from '../../domain/contact.ts'
import type { ThreadCoverage } from '../../domain/coverage.ts'
import type { FeedEvent, FeedKind } from '../../domain/feed.ts'
import type { Incident } from '../../domain/incident.ts'
import { beginningOf } from '../../domain/lengths.ts'
import type { Message } from '../../domain/message.ts'
import type { OutboxEntry } from '../../domain/outbox.ts'
import type { Thread } from '../../domain/thread.ts'
import { readContacts } from '../conversations/sql/contact-pages.ts'
import { groupAdmins } from '../conversations/sql/group-admins.ts'
import { readMessages } from '../conversations/sql/message-lookups.ts'
import { readThreads } from '../conversations/sql/threads.ts'
import { Coverage } from '../history/coverage/coverage.ts'
import { readIncidents } from '../incidents/incident-rows.ts'
import { readEntries } from '../outbox/entries.ts'

/** As they are now; `null` for what is not stored any more. */
export interface Subjects {
  readonly message: (event: FeedEvent) => MessageData['message']
  readonly thread: (threadId: string) => Thread | null
  readonly admins: (threadId: string) => ReadonlyArray<string>
  readonly contact: (accountId: string, contactJid: string) => Contact | null
  readonly coverage: (threadId: string) => ThreadCoverage | null
  readonly entry: (accountId: string, entryId: string) => OutboxEntry | null
  readonly incident: (incidentId: string) => Incident | null
}

const keyOf = (...parts: ReadonlyArray<string>): string => parts.join(' ')

const distinct = (values: ReadonlyArray<string | null>): ReadonlyArray<string> => [
  ...new Set(values.filter(value => value !== null))
]

/** Ids of what events of these kinds are about, by account. */
const subjectsByAccount = (events: ReadonlyArray<FeedEvent>, kind: FeedKind) =>
  [
    ...Map.groupBy(
      events.filter(event => event.kind === kind),
      ({ accountId }) => accountId ?? ''
    )
  ].map(
    ([accountId, ofAccount]) => [accountId, distinct(ofAccount.map(({ subjectId }) => subjectId))] as const
  )

const messagesOf = Effect.fnUntraced(function* (events: ReadonlyArray<FeedEvent>) {
  const sql = yield* SqlClient.SqlClient
  const keys = events.flatMap(({ messageId, threadId }) =>
    messageId === null || threadId === null ? [] : [[threadId, messageId] as const]
  )
  const found = keys.length === 0 ? [] : yield* readMessages(sql, keys)
  return new Map(found.map(one => [keyOf(one.threadId, one.messageId), one]))
})

const threadsOf = Effect.fnUntraced(function* (events: ReadonlyArray<FeedEvent>) {
  const sql = yield* SqlClient.SqlClient
  const ids = distinct(
    events.map(({ kind, threadId }) =>
      kind.startsWith('thread.') || kind === 'group.changed' ? threadId : null
    )
  )
  const found = ids.length === 0 ? [] : yield* readThreads(sql, ids)
  return new Map(found.map(one => [one.threadId, one]))
})

/** What is read one by one: there are few of them. */
const eachOf = Effect.fnUntraced(function* <A, E, R>(
  events: ReadonlyArray<FeedEvent>,
  kind: FeedKind,
  read: (threadId: string) => Effect.Effect<A, E, R>
) {
  const ids = distinct(events.map(event => (event.kind === kind ? event.threadId : null)))
  return new Map(yield* Effect.forEach(ids, id => Effect.map(read(id), found => [id, found] as const)))
})

const contactsOf = Effect.fnUntraced(function* (events: ReadonlyArray<FeedEvent>) {
  const sql = yield* SqlClient.SqlClient
  const found = yield* Effect.forEach(subjectsByAccount(events, 'contact.changed'), ([accountId, people]) =>
    readContacts(sql, accountId, people)
  )
  return new Map(found.flat().map(one => [keyOf(one.accountId, one.contactJid), one]))
})

const entriesOf = Effect.fnUntraced(function* (events: ReadonlyArray<FeedEvent>) {
  const found = yield* Effect.forEach(subjectsByAccount(events, 'outbox.changed'), ([accountId, ids]) =>
    readEntries(accountId, ids)
  )
  return new Map(found.flat().map(one => [keyOf(one.accountId, one.entryId), one]))
})

const incidentsOf = Effect.fnUntraced(function* (events: ReadonlyArray<FeedEvent>) {
  const sql = yield* SqlClient.SqlClient
  const ids = distinct(events.map(({ kind, subjectId }) => (kind.startsWith('incident.') ? subjectId : null)))
  const found = ids.length === 0 ? [] : yield* readIncidents(sql, ids)
  return new Map(found.map(one => [one.incidentId, one]))
})

export const readSubjects = Effect.fnUntraced(function* (events: ReadonlyArray<FeedEvent>) {
  const sql = yield* SqlClient.SqlClient
  const coverage = yield* Coverage
  const messages = yield* messagesOf(events)
  const threads = yield* threadsOf(events)
  const admins = yield* eachOf(events, 'group.changed', id => groupAdmins(sql, id))
  const coverages = yield* eachOf(events, 'coverage.changed', coverage.read)
  const contacts = yield* contactsOf(events)
  const entries = yield* entriesOf(events)
  const incidents = yield* incidentsOf(events)
  return {
    message: ({ messageId, threadId }) => {
      const message = messages.get(keyOf(threadId ?? '', messageId ?? ''))
      return message === undefined ? null : shortened(message)
    },
    thread: threadId => threads.get(threadId) ?? null,
    admins: threadId => admins.get(threadId) ?? [],
    contact: (accountId, contactJid) => contacts.get(keyOf(accountId, contactJid)) ?? null,
    coverage: threadId => coverages.get(threadId) ?? null,
    entry: (accountId, entryId) => entries.get(keyOf(accountId, entryId)) ?? null,
    incident: incidentId => incidents.get(incidentId) ?? null
  } satisfies Subjects
})

/** Characters. The longest that WhatsApp's own clients show without a click. */
const LONGEST_BODY = 4096

const shortened = (message: Message): MessageData['message'] => {
  const body = message.body === null ? null : beginningOf(message.body, LONGEST_BODY)
  return {
    ...message,
    body,
    edits: body === message.body ? message.edits : [],
    bodyShortened: body !== message.body
  }
}
