// From a request to what the outbox keeps: recipient, schedule and content, checked against what is stored.
import { Effect } from 'effect'
import type { AccountRecord } from '../../domain/account.ts'
import { isGroupJid, isStatusJid, recipientJid } from '../../domain/jid.ts'
import type { DatabaseError } from '../database/error.ts'
import type { GroupStore } from '../conversations/group-store.ts'
import type { Identity } from '../conversations/identity.ts'
import type { MessageStore } from '../conversations/message-store.ts'
import type { ThreadStore } from '../conversations/thread-store.ts'
import { baseName } from './attachment-name.ts'
import type { Attachments } from './attachments.ts'
import type { StoredUpload } from './identify.ts'
import { composeField, kindOf, type OutboxContent, REQUEST_FIELDS } from './kinds/index.ts'
import type { Place } from './kinds/kind.ts'
import { composeFile } from './kinds/media.ts'
import type { MessageFiles } from './message-files.ts'
import type { Preparation } from './preparation/preparation.ts'
import { findRecipient } from './recipient.ts'
import { refuse, type RequestRefused } from './errors.ts'
import type { SendRequest } from './request.ts'
import type { OutboxOptions } from './options.ts'
import { schedule } from './schedule.ts'
import { checkStatus } from './statuses.ts'
import { findTarget } from './targets.ts'

/** A checked request. */
export interface Composed {
  /** The address as it was asked for, not yet resolved to a person. */
  readonly toJid: string
  readonly content: OutboxContent
  /** Not before, and not after; milliseconds since 1970. */
  readonly sendAt?: number | undefined
  readonly expiresAt?: number | undefined
}

const uploadContent = (request: StoredUpload) =>
  composeFile('type', request.attachment, {
    type: request.type,
    mimeType: request.file.contentType || undefined,
    fileName: request.fileName ?? baseName(request.file.name),
    caption: request.caption,
    viewOnce: request.viewOnce
  })

/** How the content is composed, by the one field that says what is to be sent. */
const contentComposer = (request: SendRequest | StoredUpload) => {
  if ('attachment' in request) return Effect.succeed(() => uploadContent(request))
  const [field, ...others] = REQUEST_FIELDS.filter(name => request[name] !== undefined)
  return field === undefined || others.length > 0
    ? refuse('text', `Expected exactly one of ${REQUEST_FIELDS.join(', ')}`)
    : Effect.succeed((place: Place) => composeField(field, request, place))
}

const people = (field: string, addresses: ReadonlyArray<string>) =>
  Effect.forEach(addresses, address => {
    const jid = recipientJid(address)
    return jid === undefined || isGroupJid(jid)
      ? refuse(field, 'Expected phone numbers with country code, or jids of people')
      : Effect.succeed(jid)
  })

/** Adds the message that the content answers and the people it mentions. */
const withReferences = Effect.fnUntraced(function* (
  content: OutboxContent,
  { mentions, replyTo }: Pick<SendRequest, 'mentions' | 'replyTo'>,
  { threadId }: Place
): Effect.fn.Return<OutboxContent, RequestRefused | DatabaseError, MessageStore> {
  const { canMention, canReply } = kindOf(content)
  if (replyTo !== undefined && !canReply) {
    return yield* refuse('replyTo', `Not possible with ${content.kind}`)
  }
  if (mentions !== undefined && !canMention) {
    return yield* refuse('mentions', 'Only text and captions can name people')
  }
  return {
    ...content,
    ...(mentions === undefined ? {} : { mentions: yield* people('mentions', mentions) }),
    ...(replyTo === undefined ? {} : { quoted: (yield* findTarget(threadId, 'replyTo', replyTo)).target })
  }
})

/** Checks a request. `askedAt`, in milliseconds since 1970, is given when the request was made some time ago. */
export const compose = Effect.fnUntraced(function* (
  account: AccountRecord,
  request: SendRequest | StoredUpload,
  options: OutboxOptions,
  askedAt?: number
): Effect.fn.Return<
  Composed,
  RequestRefused | DatabaseError,
  GroupStore | Identity | MessageStore | MessageFiles | ThreadStore | Attachments | Preparation
> {
  const composeContent = yield* contentComposer(request)
  const times = yield* schedule(request, askedAt)
  const { threadId, toJid } = yield* findRecipient(account.accountId, request, options)
  const place = { account, threadId, sendsLater: times.sendAt !== undefined }
  const content = yield* composeContent(place)
  const complete = yield* withReferences(content, request, place)
  if (isStatusJid(toJid)) yield* checkStatus(complete)
  return { toJid, content: complete, ...times }
})
