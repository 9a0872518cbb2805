// The HTTP contract: every path, every field, every refusal. Handlers live beside it, one file a group.
import { Schema } from 'effect'
import {
  HttpApi,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApiMiddleware,
  HttpApiSchema,
  OpenApi
} from 'effect/http-api'
import { AccountState, Disconnect, Restriction } from '../domain/account.ts'
import { CoverageSummary } from '../domain/coverage.ts'
import { Incident } from '../domain/incident.ts'
import { Message, Receipt } from '../domain/message.ts'
import { OutboxEntry, OutboxStatus } from '../domain/outbox.ts'
import { PastParticipant, Thread } from '../domain/thread.ts'
import { SendRequest } from '../services/outbox/request.ts'
import { Authorization } from './auth/authorization.ts'
import { AccountId, CursorText, limit, messageFilterFields, ThreadId } from './fields.ts'
import { HistoryGroup } from './resources/history/contract.ts'
import { InspectorGroup } from './resources/inspector/contract.ts'
import { MediaGroup } from './resources/media/contract.ts'
import { ReadingGroup } from './resources/search/contract.ts'
import { StoreGroup } from './resources/store/contract.ts'
import { SendForm } from './resources/messages/send-form.ts'
import { BadField, KeyReused, NotFound, NotWaiting, StoreUnavailable, WrongState } from './problems.ts'

/** An account as the API shows it. Times are milliseconds since 1970. */
export const Account = Schema.Struct({
  accountId: Schema.String,
  name: Schema.String,
  createdAt: Schema.Finite,
  state: AccountState,
  tags: Schema.Array(Schema.String),
  jid: Schema.NullOr(Schema.String),
  lid: Schema.NullOr(Schema.String),
  lastDisconnect: Schema.NullOr(Disconnect),
  /** What WhatsApp does not let it do at present, and until when. */
  restriction: Schema.NullOr(Restriction),
  reconnectAttempts: Schema.Finite,
  sync: Schema.Struct({
    chunksDone: Schema.Finite,
    chunksPending: Schema.Finite,
    chunksFailed: Schema.Finite,
    messages: Schema.Finite,
    /** As the phone reports it, 0 to 100. */
    percent: Schema.NullOr(Schema.Finite),
    /** Over the last half minute. */
    messagesPerSecond: Schema.Finite,
    /** An estimate for the rest of the history; `null` when there is none. */
    secondsLeft: Schema.NullOr(Schema.Finite),
    /** Until when a phone that does not answer is left alone; `null` while it answers. */
    phoneSilentUntil: Schema.NullOr(Schema.Finite)
  }),
  /** How many threads are held completely, in part, or have yet to be asked about. */
  coverage: CoverageSummary,
  counts: Schema.Struct({ threads: Schema.Finite, messages: Schema.Finite })
}).annotate({ identifier: 'Account' })

/** What is scanned (`qr`) or typed on the phone (`code`), and until when. */
export const PairingOffer = Schema.Struct({
  method: Schema.Literals(['qr', 'code']),
  qr: Schema.NullOr(Schema.String),
  code: Schema.NullOr(Schema.String),
  expiresAt: Schema.Finite
}).annotate({ identifier: 'PairingOffer' })

const Name = Schema.Trim.check(
  Schema.isMinLength(1),
  Schema.isMaxLength(100),
  Schema.isPattern(/^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*$/u, {
    message: 'Expected a name without control characters and halves of characters'
  })
)
const PhoneNumber = Schema.String.check(
  Schema.isPattern(/^\+?[1-9]\d{6,14}$/, {
    message: 'Expected a phone number with country code, digits only: +4915112345678'
  })
)

const YesOrNo = Schema.Literals(['true', 'false'])

const accountParams = { accountId: AccountId }
const accountErrors = [NotFound, StoreUnavailable] as const
const commandErrors = [NotFound, WrongState, StoreUnavailable] as const
const accepted = Account.pipe(HttpApiSchema.status(202))

const command = <const Name extends string>(name: Name, summary: string) =>
  HttpApiEndpoint.post(name, `/:accountId/${name}`, {
    params: accountParams,
    success: accepted,
    error: commandErrors
  }).annotateMerge(OpenApi.annotations({ summary }))

export class AccountsGroup extends HttpApiGroup.make('accounts')
  .add(
    HttpApiEndpoint.post('create', '/', {
      payload: Schema.Struct({ name: Name }),
      success: Account.pipe(HttpApiSchema.status(201)),
      error: StoreUnavailable
    }).annotateMerge(OpenApi.annotations({ summary: 'Create an account; it is linked with pair' })),
    HttpApiEndpoint.get('list', '/', {
      success: Schema.Struct({ accounts: Schema.Array(Account) }),
      error: StoreUnavailable
    }).annotateMerge(OpenApi.annotations({ summary: 'All accounts with their states' })),
    HttpApiEndpoint.get('get', '/:accountId', {
      params: accountParams,
      success: Account,
      error: accountErrors
    }).annotateMerge(
      OpenApi.annotations({ summary: 'One account: state, last disconnect, sync progress, counts' })
    ),
    HttpApiEndpoint.delete('remove', '/:accountId', {
      params: accountParams,
      success: HttpApiSchema.NoContent,
      error: accountErrors
    }).annotateMerge(
      OpenApi.annotations({ summary: 'Unlink the device and remove everything stored for the account' })
    ),
    HttpApiEndpoint.post('pair', '/:accountId/pair', {
      params: accountParams,
      payload: Schema.Struct({
        method: Schema.Literals(['qr', 'code']),
        /** Needed by `code`: the phone's own number. */
        phoneNumber: Schema.optionalKey(PhoneNumber)
      }),
      success: accepted,
      error: [...commandErrors, BadField]
    }).annotateMerge(OpenApi.annotations({ summary: 'Link a phone, by QR code or by pairing code' })),
    HttpApiEndpoint.get('qr', '/:accountId/qr', {
      params: accountParams,
      success: PairingOffer,
      error: commandErrors
    }).annotateMerge(
      OpenApi.annotations({ summary: 'What to scan or type on the phone; PNG or SVG by Accept' })
    ),
    HttpApiEndpoint.get('qrPng', '/:accountId/qr.png', {
      params: accountParams,
      success: Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array({ contentType: 'image/png' })),
      error: commandErrors
    }).annotateMerge(OpenApi.annotations({ summary: 'The QR code as a PNG' })),
    HttpApiEndpoint.get('qrSvg', '/:accountId/qr.svg', {
      params: accountParams,
      success: Schema.String.pipe(HttpApiSchema.asText({ contentType: 'image/svg+xml' })),
      error: commandErrors
    }).annotateMerge(OpenApi.annotations({ summary: 'The QR code as an SVG' })),
    command('connect', 'Go online'),
    command('disconnect', 'Go offline and stay so'),
    command('logout', 'Unlink this device at WhatsApp'),
    command('restart', 'Start the account anew, in whatever state it is; the others are not touched'),
    HttpApiEndpoint.get('threads', '/:accountId/threads', {
      params: accountParams,
      query: {
        limit: limit(200),
        before: Schema.optionalKey(CursorText),
        after: Schema.optionalKey(CursorText),
        /** The same as `before`. */
        cursor: Schema.optionalKey(CursorText),
        archived: Schema.optionalKey(YesOrNo),
        /** With unread messages, or without. */
        unread: Schema.optionalKey(YesOrNo),
        kind: Schema.optionalKey(Thread.fields.kind),
        q: Schema.optionalKey(
          Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100)).annotate({
            description:
              'A part of the name, whatever its case and diacritics, or three or more digits of the number'
          })
        )
      },
      success: Schema.Struct({
        threads: Schema.Array(Thread),
        /** Pass as `before` for threads that were active earlier; `null` when there are none. */
        olderCursor: Schema.NullOr(Schema.String),
        /** Pass as `after` for threads that have become active since. */
        newerCursor: Schema.NullOr(Schema.String),
        /** The same as `olderCursor`. */
        nextCursor: Schema.NullOr(Schema.String)
      }),
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'Threads, most recently active first',
        description:
          'A thread moves up when a message comes. Going down by `olderCursor`, threads that stay are shown once; those that moved meanwhile are found by `after` with the `newerCursor` of the first page.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1/accounts') {}

const EntryId = Schema.String.check(Schema.isMaxLength(100))
const entryParams = { accountId: AccountId, entryId: EntryId }

export class OutboxGroup extends HttpApiGroup.make('outbox')
  .add(
    HttpApiEndpoint.post('send', '/:accountId/messages', {
      params: accountParams,
      payload: [SendRequest, SendForm],
      success: Schema.Struct({
        /** Names the entry in the outbox. */
        entryId: Schema.String,
        /** The message's document, which exists from now on; for a reaction, edit or deletion the message it is about. */
        messageId: Schema.String,
        threadId: Schema.String,
        status: Schema.Literal('queued')
      }).pipe(HttpApiSchema.status(202)),
      error: [NotFound, WrongState, KeyReused, BadField, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'Queue something to be sent; it is sent once, as soon as the account is online',
        description:
          'JSON with exactly one of text, media (by URL), location, contacts, poll, reaction, edit, revoke; or multipart/form-data with a file. The same idempotencyKey gives the same answer for 24 hours.'
      })
    ),
    HttpApiEndpoint.get('list', '/:accountId/outbox', {
      params: accountParams,
      query: {
        limit: limit(200),
        cursor: Schema.optionalKey(CursorText),
        status: Schema.optionalKey(OutboxStatus)
      },
      success: Schema.Struct({
        entries: Schema.Array(OutboxEntry),
        nextCursor: Schema.NullOr(Schema.String)
      }),
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'What was asked to be sent and how far it is, newest first; kept for a week'
      })
    ),
    HttpApiEndpoint.get('entry', '/:accountId/outbox/:entryId', {
      params: entryParams,
      success: OutboxEntry,
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(OpenApi.annotations({ summary: 'One entry of the outbox' })),
    HttpApiEndpoint.delete('cancel', '/:accountId/outbox/:entryId', {
      params: entryParams,
      success: OutboxEntry,
      error: [NotFound, NotWaiting, StoreUnavailable]
    }).annotateMerge(OpenApi.annotations({ summary: 'Take back what is not being sent yet' }))
  )
  .middleware(Authorization)
  .prefix('/v1/accounts') {}

const threadParams = { threadId: ThreadId }

export class ThreadsGroup extends HttpApiGroup.make('threads')
  .add(
    HttpApiEndpoint.get('thread', '/:threadId', {
      params: threadParams,
      success: Schema.Struct({ ...Thread.fields, pastParticipants: Schema.Array(PastParticipant) }),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(OpenApi.annotations({ summary: 'One thread; of a group also who has left it' })),
    HttpApiEndpoint.get('messages', '/:threadId/messages', {
      params: threadParams,
      query: {
        limit: limit(500),
        before: Schema.optionalKey(CursorText),
        after: Schema.optionalKey(CursorText),
        ...messageFilterFields
      },
      success: Schema.Struct({
        messages: Schema.Array(Message),
        /** Pass as `before` for older messages; `null` when there are none. */
        olderCursor: Schema.NullOr(Schema.String),
        /** Pass as `after` for newer messages than these. */
        newerCursor: Schema.NullOr(Schema.String)
      }),
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'Messages of a thread, newest first',
        description:
          'A page that filters leave short, or empty, is not the last one: that is the one whose olderCursor is null.'
      })
    ),
    HttpApiEndpoint.get('message', '/:threadId/messages/:messageId', {
      params: { ...threadParams, messageId: Schema.String.check(Schema.isMaxLength(200)) },
      success: Schema.Struct({ ...Message.fields, receipts: Schema.Array(Receipt) }),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'One message, with who received, read and played it, and when (of messages of ours)'
      })
    ),
    HttpApiEndpoint.post('read', '/:threadId/read', {
      params: threadParams,
      success: Thread.pipe(HttpApiSchema.status(202)),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'Mark the thread as read; the writers are told as soon as the account is online'
      })
    ),
    HttpApiEndpoint.post('typing', '/:threadId/typing', {
      params: threadParams,
      payload: Schema.Struct({ state: Schema.Literals(['composing', 'recording', 'paused']) }),
      success: HttpApiSchema.NoContent,
      error: [NotFound, WrongState, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'Show the other side that someone is writing; WhatsApp lets it fade by itself'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1/threads') {}

export class FeedGroup extends HttpApiGroup.make('feed')
  .add(
    HttpApiEndpoint.get('events', '/events', {
      query: {
        after: Schema.optionalKey(
          Schema.NumberFromString.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(0))
        ),
        accountId: Schema.optionalKey(AccountId)
      },
      success: Schema.String.pipe(HttpApiSchema.asText({ contentType: 'text/event-stream' })),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'Every message and thread that changes, as server-sent events',
        description:
          'Each event was written in the transaction that made the change. `after`, or the header Last-Event-ID, continues where a client stopped (events are kept for a week); without either it starts now. While history comes in, `account.progress` events without an id tell how far it is: counts, messages a second, an estimate of the rest. `account.state` and `incident` events, without an id too, tell changes of state and incidents as they happen.'
      })
    ),
    HttpApiEndpoint.get('incidents', '/incidents', {
      query: {
        limit: limit(500),
        accountId: Schema.optionalKey(AccountId),
        acknowledged: Schema.optionalKey(YesOrNo)
      },
      success: Schema.Struct({ incidents: Schema.Array(Incident) }),
      error: StoreUnavailable
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'What a person should know of: what happened, what was done, what to do',
        description: 'The newest first. `acknowledged=false` leaves out what somebody has seen already.'
      })
    ),
    HttpApiEndpoint.post('acknowledge', '/incidents/:incidentId/acknowledge', {
      params: { incidentId: Schema.String.check(Schema.isMaxLength(100)) },
      success: Incident,
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'Note that a person has seen an incident; a repeat makes it new again'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}

export class MetricsGroup extends HttpApiGroup.make('metrics', { topLevel: true })
  .add(
    HttpApiEndpoint.get('metrics', '/metrics', {
      success: Schema.String.pipe(HttpApiSchema.asText({ contentType: 'text/plain; version=0.0.4' })),
      error: StoreUnavailable
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'Everything that is counted and measured, for Prometheus (with the API key as bearer token)'
      })
    )
  )
  .middleware(Authorization) {}

export class SystemGroup extends HttpApiGroup.make('system', { topLevel: true }).add(
  HttpApiEndpoint.get('health', '/health', {
    success: Schema.Struct({ status: Schema.Literal('ok') })
  }).annotateMerge(OpenApi.annotations({ summary: 'The process answers' })),
  HttpApiEndpoint.get('ready', '/ready', {
    success: Schema.Struct({ status: Schema.Literal('ready') }),
    error: StoreUnavailable
  }).annotateMerge(OpenApi.annotations({ summary: 'The database answers too' }))
) {}

export class Api extends HttpApi.make('backscroll')
  .add(SystemGroup)
  .add(MetricsGroup)
  .add(AccountsGroup)
  .add(OutboxGroup)
  .add(ThreadsGroup)
  .add(HistoryGroup)
  .add(MediaGroup)
  .add(FeedGroup)
  .add(InspectorGroup)
  .add(ReadingGroup)
  .add(StoreGroup)
  .middleware(HttpApiMiddleware.ProblemDetails)
  // A misspelt sendAt must not send at once.
  .annotate(HttpApi.ParseOptions, { onExcessProperty: 'error' })
  .annotate(HttpApi.HeadersParseOptions, {})
  .annotateMerge(
    OpenApi.annotations({
      title: 'Backscroll',
      version: '1',
      description:
        "Complete, live copies of WhatsApp accounts' conversations. Every request to /v1 carries `Authorization: Bearer <API key>`, or, with FIREBASE_AUTH, a Firebase ID token there."
    })
  ) {}
