// Stores documents of Firestore in the tables here. What is stored already stays as it is.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { threadIdOf } from '../../../domain/ids.ts'
import { phoneNumberOf, STATUS_JID } from '../../../domain/jid.ts'
import type { MediaFile, MediaResource } from '../../../domain/message.ts'
import { AccountStore } from '../../conversations/account-store.ts'
import { GroupStore } from '../../conversations/group-store.ts'
import { LabelStore } from '../../conversations/label-store.ts'
import { MessageStore } from '../../conversations/message-store.ts'
import { ReceiptStore } from '../../conversations/receipt-store.ts'
import { ThreadStore } from '../../conversations/thread-store.ts'
import type { MessageWrite } from '../../conversations/writes.ts'
import { SqlBulk } from '../../database/bulk.ts'
import type {
  AccountDocument,
  ContactDocument,
  IncidentDocument,
  MessageDocument,
  ThreadDocument
} from './documents.ts'

/** Behind every message of the same second. */
const LAST_ROW = Number.MAX_SAFE_INTEGER

export const storeAccount = Effect.fnUntraced(function* (account: AccountDocument) {
  const accounts = yield* AccountStore
  if ((yield* accounts.read(account.accountId)) !== undefined) return
  // Credentials are not in Firestore: the account has to be linked again, as another device.
  const { labels = [], ...record } = account
  const facts = { ...record, onlineAt: null, wanted: false, ended: 'loggedOut' as const, suspension: null }
  yield* accounts.create(facts)
  yield* accounts.update(account.accountId, facts)
  const stored = labels.map(label => ({ ...label, deleted: false, at: 0 }))
  yield* (yield* LabelStore).put(account.accountId, stored)
})

export const storeContacts = (contacts: ReadonlyArray<ContactDocument>) =>
  SqlBulk.use(bulk =>
    bulk.runMany(
      `INSERT INTO contacts (account_id, contact_jid, name, push_name) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      contacts.map(({ accountId, contactJid, name, pushName }) => [accountId, contactJid, name, pushName])
    )
  )

export const storeIncidents = (incidents: ReadonlyArray<IncidentDocument>) =>
  SqlBulk.use(bulk =>
    bulk.runMany(
      `INSERT INTO incidents (incident_id, account_id, kind, severity, subject, happened, did, advice, first_seen_at,
        last_seen_at, count, thread_id, message_id, acknowledged_at, resolved_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      incidents.map(one => [
        one.incidentId,
        one.accountId,
        one.kind,
        one.severity,
        one.subject,
        one.happened,
        one.did,
        one.advice,
        one.firstSeenAt,
        one.lastSeenAt,
        one.count,
        one.threadId,
        one.messageId,
        one.acknowledgedAt,
        one.resolvedAt
      ])
    )
  )

const quoteWriteOf = ({
  accountId,
  quoted,
  threadId
}: MessageDocument): Pick<MessageWrite, 'quotedMessageId' | 'quotedThreadId' | 'quotedExcerpt'> => ({
  quotedMessageId: quoted?.messageId ?? null,
  quotedThreadId:
    quoted?.isStatus === true
      ? threadIdOf(accountId, STATUS_JID)
      : quoted?.threadId === threadId
        ? null
        : (quoted?.threadId ?? null),
  quotedExcerpt: quoted?.excerpt ?? null
})

export const messageWriteOf = (document: MessageDocument): MessageWrite => {
  const { association, media, unreadableAddOns, ...described } = document
  const message = {
    ...described,
    ...quoteWriteOf(document),
    association,
    parentMessageId: association?.messageId ?? null,
    editedAt: document.edits.at(-1)?.editedAt ?? null,
    // Firestore has their number only.
    unreadable: Array.from({ length: unreadableAddOns }, (_, index) => `copied ${index}`),
    live: false
  }
  if (media === null) return { ...message, media: null }
  const { variants, ...file } = media
  const beside = variants.map(({ kind, ...variant }) => ({ kind, ...fileWriteOf(variant) }))
  return {
    ...message,
    media: { ...fileWriteOf(file), ...(beside.length === 0 ? {} : { variants: beside }) }
  }
}

/** The file itself is not in Firestore: it is downloaded when it is asked for. */
const fileWriteOf = ({
  fetched,
  stored,
  whatsAppId,
  ...file
}: Omit<MediaResource, 'variants'>): MediaFile => ({
  ...file,
  ...(stored || fetched === null ? {} : { fetched }),
  ...(whatsAppId === null ? {} : { whatsAppId })
})

/** Messages with their receipts, in one transaction. */
export const storeMessages = Effect.fnUntraced(function* (
  accountId: string,
  documents: ReadonlyArray<MessageDocument>
) {
  const sql = yield* SqlClient.SqlClient
  yield* sql.withTransaction(putMessages(accountId, documents))
})

const putMessages = Effect.fnUntraced(function* (
  accountId: string,
  documents: ReadonlyArray<MessageDocument>
) {
  const bulk = yield* SqlBulk
  const messages = yield* MessageStore
  const receipts = yield* ReceiptStore
  const now = yield* Clock.currentTimeMillis
  yield* messages.put(accountId, documents.map(messageWriteOf))
  // Only for messages that were not stored before: when they first came, and their texts before they were edited.
  yield* bulk.runMany(
    `UPDATE messages SET ts_server = ?3, edits = COALESCE(?4, edits)
      WHERE thread_id = ?1 AND message_id = ?2 AND ts_server >= ?5`,
    documents.map(({ edits, messageId, threadId, tsServer }) => [
      threadId,
      messageId,
      tsServer,
      edits.length === 0 ? null : JSON.stringify(edits),
      now
    ])
  )
  yield* bulk.runMany(
    `UPDATE messages SET labels = COALESCE(labels, ?3), deleted_for_me_at = COALESCE(deleted_for_me_at, ?4)
      WHERE thread_id = ?1 AND message_id = ?2`,
    documents
      .filter(({ deletedForMeAt, labels = [] }) => labels.length > 0 || deletedForMeAt != null)
      .map(({ deletedForMeAt, labels = [], messageId, threadId }) => [
        threadId,
        messageId,
        labels.length === 0 ? null : JSON.stringify(labels),
        deletedForMeAt
      ])
  )
  yield* receipts.putHistory(
    accountId,
    documents.flatMap(({ messageId, receipts: found, threadId }) =>
      found.map(receipt => ({ ...receipt, threadId, messageId }))
    )
  )
})

/** A thread with everything about it but its messages, in one transaction; one that is stored already is not changed. */
export const storeThread = Effect.fnUntraced(function* (thread: ThreadDocument) {
  const sql = yield* SqlClient.SqlClient
  const threads = yield* ThreadStore
  if ((yield* threads.read(thread.threadId)) !== undefined) return
  yield* sql.withTransaction(putThread(thread))
})

const putThread = Effect.fnUntraced(function* (thread: ThreadDocument) {
  const groups = yield* GroupStore
  yield* insertThread(thread)
  yield* insertCoverage(thread)
  yield* insertAddresses(thread)
  yield* groups.putPastParticipants(thread.accountId, thread.threadId, thread.pastParticipants)
})

const insertThread = Effect.fnUntraced(function* (thread: ThreadDocument) {
  const sql = yield* SqlClient.SqlClient
  const { accountId, aliases, clientJid, labels = [] } = thread
  // The document shows a number where no name is known.
  const isNumber = [clientJid, ...aliases].some(jid => thread.displayName === `+${phoneNumberOf(jid)}`)
  const displayName = isNumber ? null : thread.displayName
  yield* sql`INSERT INTO threads (thread_id, account_id, client_jid, kind, display_name, archived, ephemeral_seconds,
      created_at, pinned_at, muted_until, marked_unread, cleared_at, deleted_at, deleted_up_to, labels, mark_at, mark_row, mark_base, unread_count)
    VALUES (${thread.threadId}, ${accountId}, ${clientJid}, ${thread.kind}, ${displayName}, ${thread.archived},
      ${thread.ephemeralSeconds}, ${thread.createdAt}, ${thread.pinnedAt}, ${thread.mutedUntil},
      ${thread.markedUnread ?? false}, ${thread.clearedAt ?? null}, ${thread.deletedAt ?? null}, ${thread.deletedAt ?? null},
      ${labels.length === 0 ? null : JSON.stringify(labels)},
      ${thread.lastMessageAt ?? 0}, ${LAST_ROW}, ${thread.unreadCount}, ${thread.unreadCount})`
})

const beginningOf = ({ beginningReached, gaps, state }: ThreadDocument['coverage']) => {
  if (beginningReached) return 'reached'
  return state === 'partial' && gaps.length === 0 ? 'more' : 'unknown'
}

const insertCoverage = Effect.fnUntraced(function* ({ accountId, coverage, threadId }: ThreadDocument) {
  const sql = yield* SqlClient.SqlClient
  const bulk = yield* SqlBulk
  yield* sql`INSERT INTO coverage (thread_id, account_id, beginning, kept_since, refusal, refusal_code, refused_at)
    VALUES (${threadId}, ${accountId}, ${beginningOf(coverage)}, ${coverage.keptSince}, ${coverage.lastRefusal?.reason ?? null},
      ${coverage.lastRefusal?.code ?? null}, ${coverage.lastRefusal?.at ?? null}) ON CONFLICT DO NOTHING`
  // Another server that published to the same project has numbered its gaps, too: one whose number is taken gets another.
  yield* bulk.runMany(
    `INSERT INTO gaps (gap_id, account_id, thread_id, reason, cause, from_at, to_at, opened_at)
      VALUES ((SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM gaps WHERE gap_id = ?1)), ?2, ?3, ?4, ?5, ?6, ?7, ?8)
      ON CONFLICT (thread_id, reason, cause) DO NOTHING`,
    coverage.gaps.map(gap => [
      gap.gapId,
      accountId,
      threadId,
      gap.reason,
      `copied ${gap.gapId}`,
      gap.from,
      gap.to,
      gap.openedAt
    ])
  )
})

const insertAddresses = ({ accountId, aliases, clientJid }: ThreadDocument) =>
  SqlBulk.use(bulk =>
    bulk.runMany(
      `INSERT INTO addresses (account_id, jid, person) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
      [clientJid, ...aliases].map(jid => [accountId, jid, clientJid])
    )
  )
