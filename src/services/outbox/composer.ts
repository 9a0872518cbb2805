// How a request to send becomes content of the outbox: checked against what is stored, files taken in. Every refusal
// names the field.
import { createHash, randomBytes } from 'node:crypto'
import { Clock, Effect, Schema } from 'effect'
import { threadIdOf } from '../../domain/ids.ts'
import { isGroupJid, recipientJid } from '../../domain/jid.ts'
import type { Message } from '../../domain/message.ts'
import { EDITABLE_MS, type MediaType, type OutboxContent, type Target } from '../../domain/outbox.ts'
import { type Attachment, Attachments } from './attachments.ts'
import type { OutboxRequest } from './outbox.ts'
import type { DatabaseError } from '../database/error.ts'
import { Store } from '../conversations/store.ts'
import type { SendRequest } from './request.ts'

/** What is asked for cannot be sent; `field` is the one that is wrong. */
export class RequestRefused extends Schema.TaggedError<RequestRefused>()('RequestRefused', {
  field: Schema.String,
  reason: Schema.String
}) {}

/** An uploaded file with what is to be done with it. */
export interface UploadRequest extends Pick<
  SendRequest,
  'to' | 'threadId' | 'replyTo' | 'idempotencyKey' | 'sendAt' | 'expiresAt'
> {
  readonly type?: MediaType
  readonly caption?: string
  readonly fileName?: string
  readonly file: { readonly path: string; readonly name: string; readonly contentType: string }
}

const CONTENT = ['text', 'media', 'location', 'contacts', 'poll', 'reaction', 'edit', 'revoke'] as const

/** What each type may be; a document may be anything. */
const MIME_TYPES: Readonly<Record<MediaType, RegExp>> = {
  image: /^image\/(jpeg|png|webp|gif)$/,
  video: /^video\/(mp4|3gpp|quicktime|webm)$/,
  audio: /^audio\/(aac|mp4|mpeg|mp3|amr|ogg|opus|wav|x-wav|webm)$/,
  voice: /^audio\/(ogg|opus|mp4|aac|mpeg|webm)$/,
  sticker: /^image\/webp$/,
  document: /^[\w.+-]+\/[\w.+-]+$/
}

const typeOf = (mimeType: string): MediaType =>
  (['image', 'video', 'audio'] as const).find(type => MIME_TYPES[type].test(mimeType)) ?? 'document'

const field = (name: string, message: string): Effect.Effect<never, RequestRefused> =>
  Effect.fail(new RequestRefused({ field: name, reason: message }))

/** The same request, however its fields are ordered, has the same fingerprint. */
export const fingerprintOf = (request: object): string => {
  const ordered = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(ordered)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .toSorted(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, inner]) => [key, ordered(inner)])
          )
        : value
  return createHash('sha256')
    .update(JSON.stringify(ordered(request)))
    .digest('base64url')
}

const timeOf = (name: string, value: number | string | undefined) => {
  if (value === undefined) return Effect.undefined
  const time =
    typeof value === 'number' || /^\d{1,15}$/.test(value)
      ? Number(value)
      : /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)$/.test(value)
        ? Date.parse(value)
        : Number.NaN
  // 31 February would otherwise become a day in March.
  const isReal =
    typeof value === 'number' || !Number.isFinite(time) || dayOf(value) === undefined || isDay(value)
  return Number.isFinite(time) && isReal
    ? Effect.succeed<number | undefined>(Math.round(time))
    : field(name, 'Expected milliseconds since 1970, or a time with its zone such as 2027-01-31T09:00:00Z')
}

const dayOf = (text: string) => /^(\d{4})-(\d\d)-(\d\d)T/.exec(text)?.slice(1).map(Number)

const isDay = (text: string): boolean => {
  const [year = 0, month = 0, day = 0] = dayOf(text) ?? []
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** A schedule further ahead is a mistake in the unit, as one in the past is. */
const FURTHEST_MS = 366 * 24 * 60 * 60 * 1000
const TOLERATED_PAST_MS = 60_000

/** The last part of a file's name: what it was called, not where it was. */
const nameOf = (given: string): string | undefined => given.split(/[\\/]/).at(-1)?.slice(-240) || undefined

const written = (name: string, text: string) => {
  if (!text.isWellFormed()) return field(name, 'Expected text without halves of characters (lone surrogates)')
  return text.trim() === ''
    ? field(name, 'Expected text with at least one visible character')
    : Effect.succeed(text)
}

/** A request for the outbox but for what tells it from another. */
type Composed = Omit<OutboxRequest, 'fingerprint' | 'idempotencyKey'>

/** Builds requests for the outbox of one account. */
export const makeComposer = Effect.gen(function* () {
  const store = yield* Store
  const attachments = yield* Attachments

  /** Where it goes: the address, and the thread as far as there is one. */
  const destination = Effect.fnUntraced(function* (
    accountId: string,
    { threadId, to }: { readonly to?: string | undefined; readonly threadId?: string | undefined }
  ) {
    if ((to === undefined) === (threadId === undefined)) {
      return yield* field('to', 'Expected either to or threadId')
    }
    if (threadId !== undefined) {
      const thread = yield* store.readThread(threadId)
      return thread?.accountId === accountId
        ? { toJid: thread.clientJid, threadId: thread.threadId }
        : yield* field('threadId', 'This account has no such thread')
    }
    const toJid = recipientJid(to ?? '')
    if (toJid === undefined) {
      return yield* field('to', 'Expected a phone number with country code, or the jid of a person or group')
    }
    const thread = yield* store.readThread(threadIdOf(accountId, toJid))
    return { toJid, threadId: thread?.threadId ?? threadIdOf(accountId, toJid) }
  })

  const target = Effect.fnUntraced(function* (threadId: string, name: string, messageId: string) {
    const message = yield* store.readMessage(threadId, messageId)
    if (message === undefined) return yield* field(name, 'This thread has no such message')
    if (message.type === 'revoked') return yield* field(name, 'This message was deleted')
    const about: Target = { messageId, whatsAppId: message.whatsAppId, sender: message.sender }
    return { message, about }
  })

  /** A message that others have: nothing can be done to one that is still here, or that never left. */
  const sentTarget = Effect.fnUntraced(function* (threadId: string, name: string, messageId: string) {
    const found = yield* target(threadId, name, messageId)
    const { status } = found.message
    if (status === 'queued') {
      return yield* field(name, 'This message is not sent yet: cancel it with DELETE …/outbox/{entryId}')
    }
    return status === 'cancelled' || status === 'failed'
      ? yield* field(name, `This message was never sent (${status})`)
      : found
  })

  const isAdmin = Effect.fnUntraced(function* (accountId: string, threadId: string) {
    const account = yield* store.readAccount(accountId)
    const own = [account?.jid, account?.lid].filter(jid => jid != null)
    const roles = yield* Effect.forEach(own, jid => store.groupRole(threadId, jid))
    return roles.includes('admin')
  })

  const people = (name: string, addresses: ReadonlyArray<string>) =>
    Effect.forEach(addresses, address => {
      const jid = recipientJid(address)
      return jid === undefined || isGroupJid(jid)
        ? field(name, 'Expected phone numbers with country code, or jids of people')
        : Effect.succeed(jid)
    })

  const media = Effect.fnUntraced(function* (
    slot: string,
    attachment: Attachment,
    given: {
      readonly type?: MediaType | undefined
      readonly mimeType?: string | undefined
      readonly fileName?: string | undefined
      readonly caption?: string | undefined
    }
  ) {
    const mimeType = (given.mimeType ?? attachment.mimeType ?? 'application/octet-stream').toLowerCase()
    const type = given.type ?? typeOf(mimeType)
    if (!MIME_TYPES[type].test(mimeType)) {
      return yield* field(slot, `${mimeType} cannot be sent as ${type}; leave the type out, or use document`)
    }
    const { caption, fileName } = given
    if (caption !== undefined && !['image', 'video', 'document'].includes(type)) {
      return yield* field('caption', `WhatsApp shows no caption with ${type}`)
    }
    return {
      kind: 'media' as const,
      type,
      file: attachment.file,
      size: attachment.size,
      mimeType,
      ...(fileName === undefined ? {} : { fileName }),
      ...(caption === undefined ? {} : { caption: yield* written('caption', caption) })
    }
  })

  const editable = (message: Message, now: number) => {
    if (message.direction !== 'outbound') return field('edit.messageId', 'Only own messages can be edited')
    if (message.type !== 'text') return field('edit.messageId', 'Only text can be edited')
    return now - message.tsClient > EDITABLE_MS
      ? field('edit.messageId', 'WhatsApp lets a message be edited for 15 minutes only')
      : Effect.void
  }

  const contentOf = Effect.fnUntraced(function* (accountId: string, threadId: string, request: SendRequest) {
    const { contacts, edit, location, poll, reaction, revoke, text } = request
    if (text !== undefined) return { kind: 'text' as const, text: yield* written('text', text) }
    if (location !== undefined) {
      if (location.name !== undefined) yield* written('location.name', location.name)
      if (location.address !== undefined) yield* written('location.address', location.address)
      return { kind: 'location' as const, ...location }
    }
    if (contacts !== undefined) {
      for (const { name, phoneNumber } of contacts) {
        yield* written('contacts.name', name)
        if (phoneNumber.includes('@') || recipientJid(phoneNumber) === undefined) {
          return yield* field('contacts.phoneNumber', 'Expected phone numbers with country code')
        }
      }
      return { kind: 'contact' as const, contacts }
    }
    if (poll !== undefined) {
      const selectable = poll.selectable ?? 0
      yield* written('poll.question', poll.question)
      for (const option of poll.options) yield* written('poll.options', option)
      if (new Set(poll.options).size < poll.options.length) {
        return yield* field('poll.options', 'Expected options that differ')
      }
      if (selectable < 0 || selectable > poll.options.length) {
        return yield* field('poll.selectable', `Expected a whole number from 0 to ${poll.options.length}`)
      }
      const secret = randomBytes(32).toString('base64')
      return { kind: 'poll' as const, question: poll.question, options: poll.options, selectable, secret }
    }
    if (reaction !== undefined) {
      const { about } = yield* sentTarget(threadId, 'reaction.messageId', reaction.messageId)
      return { kind: 'reaction' as const, target: about, emoji: reaction.emoji }
    }
    if (edit !== undefined) {
      const { about, message } = yield* sentTarget(threadId, 'edit.messageId', edit.messageId)
      yield* editable(message, yield* Clock.currentTimeMillis)
      return { kind: 'edit' as const, target: about, text: yield* written('edit.text', edit.text) }
    }
    if (revoke !== undefined) {
      const { about, message } = yield* sentTarget(threadId, 'revoke.messageId', revoke.messageId)
      if (message.direction !== 'outbound' && !isGroupJid(threadId)) {
        return yield* field('revoke.messageId', 'Only own messages can be deleted for everyone')
      }
      if (message.direction !== 'outbound' && !(yield* isAdmin(accountId, threadId))) {
        return yield* field('revoke.messageId', 'Only admins of the group can delete the messages of others')
      }
      return { kind: 'revoke' as const, target: about }
    }
    return undefined
  })

  /** Judged by when it was asked for, which may be long before it is looked at. */
  const times = Effect.fnUntraced(function* (
    request: {
      readonly sendAt?: number | string | undefined
      readonly expiresAt?: number | string | undefined
    },
    askedAt?: number
  ) {
    const now = askedAt ?? (yield* Clock.currentTimeMillis)
    const sendAt = yield* timeOf('sendAt', request.sendAt)
    const expiresAt = yield* timeOf('expiresAt', request.expiresAt)
    if (sendAt !== undefined && (sendAt < now - TOLERATED_PAST_MS || sendAt > now + FURTHEST_MS)) {
      return yield* field('sendAt', 'Expected a time to come, at most a year ahead, in milliseconds')
    }
    if (expiresAt !== undefined && expiresAt <= Math.max(now, sendAt ?? 0)) {
      return yield* field('expiresAt', 'Expected a time after now and after sendAt')
    }
    return { sendAt, expiresAt }
  })

  /** The request for the outbox of what JSON asks for. */
  const fromJson = Effect.fnUntraced(function* (
    accountId: string,
    request: SendRequest,
    askedAt: number | undefined
  ): Effect.fn.Return<Composed, RequestRefused | DatabaseError> {
    const named = CONTENT.filter(name => request[name] !== undefined)
    if (named.length !== 1) {
      return yield* field('text', `Expected exactly one of ${CONTENT.join(', ')}`)
    }
    const when = yield* times(request, askedAt)
    const { threadId, toJid } = yield* destination(accountId, request)
    const content = yield* contentOf(accountId, threadId, request)
    const kept =
      content ??
      (yield* Effect.flatMap(
        attachments
          .fetch(request.media?.url ?? '')
          .pipe(Effect.catch(({ message }) => field('media.url', message))),
        attachment => media('media.type', attachment, request.media ?? {})
      ))
    return { accountId, toJid, content: yield* accompanied(threadId, kept, request), ...when }
  })

  /** The request for the outbox of an uploaded file. */
  const fromForm = Effect.fnUntraced(function* (
    accountId: string,
    form: UploadRequest,
    attachment: Attachment
  ): Effect.fn.Return<Composed, RequestRefused | DatabaseError> {
    const when = yield* times(form)
    const { threadId, toJid } = yield* destination(accountId, form)
    const fileName = form.fileName ?? nameOf(form.file.name)
    const content = yield* media('type', attachment, {
      type: form.type,
      mimeType: form.file.contentType || undefined,
      fileName,
      caption: form.caption
    })
    return { accountId, toJid, content: yield* accompanied(threadId, content, form), ...when }
  })

  /** With the message it answers and the people it names. */
  const accompanied = Effect.fnUntraced(function* (
    threadId: string,
    content: OutboxContent,
    { mentions, replyTo }: { readonly mentions?: ReadonlyArray<string>; readonly replyTo?: string }
  ) {
    const canQuote = content.kind !== 'reaction' && content.kind !== 'edit' && content.kind !== 'revoke'
    if (replyTo !== undefined && !canQuote)
      return yield* field('replyTo', `A ${content.kind} answers nothing`)
    const canMention = content.kind === 'text' || content.kind === 'media'
    if (mentions !== undefined && !canMention) {
      return yield* field('mentions', 'Only text and captions can name people')
    }
    return {
      ...content,
      ...(mentions === undefined ? {} : { mentions: yield* people('mentions', mentions) }),
      ...(replyTo === undefined ? {} : { quoted: (yield* target(threadId, 'replyTo', replyTo)).about })
    }
  })

  return {
    /** Takes in the file of a form, and tells what makes two requests the same. */
    identify: Effect.fnUntraced(function* (request: SendRequest | UploadRequest) {
      if (!('file' in request)) {
        const { idempotencyKey: _, ...asked } = request
        return { fingerprint: fingerprintOf(asked), attachment: undefined }
      }
      const attachment = yield* attachments
        .keep(request.file.path)
        .pipe(Effect.catch(({ message }) => field('file', message)))
      const { file: _file, idempotencyKey: _key, ...asked } = request
      return { fingerprint: fingerprintOf({ ...asked, file: attachment.file }), attachment }
    }),
    /** `askedAt`, in milliseconds since 1970, when that was not just now. */
    compose: (
      accountId: string,
      request: SendRequest | UploadRequest,
      attachment: Attachment | undefined,
      askedAt?: number
    ) =>
      'file' in request && attachment !== undefined
        ? fromForm(accountId, request, attachment)
        : fromJson(accountId, request, askedAt)
  }
})
