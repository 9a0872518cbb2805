// What an opened add-on says: a change of its message, or a message of its own (a comment, a bot's answer).
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import type { ChangeFact, ContentFact, Fact, MessageFact } from '../../../domain/fact.ts'
import type { EventResponse } from '../../../domain/message.ts'
import type { AddOnKind, SealedAddOn } from '../../../domain/sealed-add-on.ts'
import { bytesField } from '../../../domain/protobuf.ts'
import { contentOf, shortenedIn } from './content.ts'
import { millisecondsOf, numberOf } from './numbers.ts'
import { hex } from './reference.ts'
import { secretIn } from './sealed.ts'
import { unwrap } from './unwrap.ts'

type Read = (addOn: SealedAddOn, plaintext: Uint8Array) => ReadonlyArray<Fact> | undefined

const changeOf = (
  { by, chat, target }: SealedAddOn,
  change: ChangeFact['change'],
  changed = target
): ReadonlyArray<ChangeFact> => [{ kind: 'change', chat, target: changed, by, change }]

/** Numbers of fields: in `Message`, in its `protocolMessage`, and of what the schema does not know yet. */
const FIELD = { protocolMessage: 12, editedMessage: 14, pollAddOption: 121 }

interface Edit {
  /** What the message is after it; `undefined` when it says nothing. */
  readonly content: ContentFact | undefined
  /** Milliseconds since 1970. */
  readonly at: number
  readonly secret: string | undefined
}

/** The message as it is after an edit: in a protocol message as edits were before they were encrypted, or by itself. */
const editIn = ({ secret, self, timestamp }: SealedAddOn, plaintext: Uint8Array): Edit => {
  const wrapped = proto.Message.decode(plaintext)
  const { encoded = plaintext, layers, message } = unwrap(wrapped, plaintext)
  const protocol = message.protocolMessage
  const brought = secret ?? secretIn(layers)
  if (!protocol?.editedMessage)
    return { content: contentOf(self, wrapped, plaintext), at: timestamp, secret: brought }
  const field = bytesField(encoded, FIELD.protocolMessage)
  const edited = field && bytesField(field, FIELD.editedMessage)
  return {
    content: contentOf(self, protocol.editedMessage, edited),
    at: millisecondsOf(protocol.timestampMs) ?? timestamp,
    secret: brought
  }
}

const isUnderstood = (content: ContentFact | undefined): content is ContentFact =>
  content !== undefined && !content.type.startsWith('unsupported:')

/** The location of an event moves with an edit; a file stays as it was sent. */
const editedTo = (edited: ContentFact, at: number, secret: string | undefined): ChangeFact['change'] => {
  const { location, poll, type, ...content } = edited
  const brought = secret === undefined ? {} : { secret }
  if (poll === null)
    return {
      to: 'edited',
      body: content.body,
      mentions: content.mentions,
      at,
      ...(type === 'event' ? { location } : {}),
      ...shortenedIn(edited),
      ...brought
    }
  const options = poll.options.map(({ name }) => name)
  const { question } = poll
  const change = {
    at,
    ...(question === '' ? {} : { question }),
    ...(options.length === 0 ? {} : { options })
  }
  return { to: 'pollChanged', change, ...shortenedIn(edited), ...brought }
}

const edit: Read = (addOn, plaintext) => {
  const { at, content, secret } = editIn(addOn, plaintext)
  return isUnderstood(content) ? changeOf(addOn, editedTo(content, at, secret)) : undefined
}

const pollAddOption: Read = (addOn, plaintext) => {
  const added = bytesField(plaintext, FIELD.pollAddOption)
  const option = added && bytesField(added, 2)
  // Some clients send the whole poll with the option in it.
  if (option === undefined) return edit(addOn, plaintext)
  const { optionName } = proto.Message.PollCreationMessage.Option.decode(option)
  if (!optionName) return undefined
  return changeOf(addOn, { to: 'pollChanged', change: { at: addOn.timestamp, added: optionName } })
}

const reaction: Read = (addOn, plaintext) => {
  const { senderTimestampMs, text } = proto.Message.ReactionMessage.decode(plaintext)
  const at = millisecondsOf(senderTimestampMs) ?? addOn.timestamp
  return changeOf(addOn, { to: 'reacted', emoji: text ?? '', at })
}

/** A message of its own that came as an add-on. */
const messageOf = (
  { by, chat, live, pushName, secret, timestamp, whatsAppId }: SealedAddOn,
  encoded: Uint8Array,
  content: ContentFact
): MessageFact => ({
  kind: 'message',
  chat,
  sender: by,
  whatsAppId,
  timestamp,
  pushName,
  ...content,
  status: by === 'me' ? 'sent' : 'received',
  reactions: [],
  raw: secret === undefined ? encoded : withSecret(encoded, secret),
  live
})

/** The secret came beside what was encrypted. Bytes in a row are one protobuf message, of which the later win. */
const withSecret = (encoded: Uint8Array, secret: string): Uint8Array => {
  const messageContextInfo = { messageSecret: Buffer.from(secret, 'base64') }
  return Buffer.concat([proto.Message.encode({ messageContextInfo }).finish(), encoded])
}

/** Clients differ in whether a comment is a message, or a `CommentMessage` that has the message in its first field. */
const commentIn = ({ target }: SealedAddOn, plaintext: Uint8Array): Uint8Array => {
  const [inner, key] = [bytesField(plaintext, 1), bytesField(plaintext, 2)]
  const isComment =
    inner !== undefined && key !== undefined && proto.MessageKey.decode(key).id === target.whatsAppId
  return isComment ? inner : plaintext
}

const comment: Read = (addOn, plaintext) => {
  const encoded = commentIn(addOn, plaintext)
  const content = contentOf(addOn.self, proto.Message.decode(encoded), encoded)
  return content && [messageOf(addOn, encoded, { ...content, quoted: addOn.target })]
}

const { EventResponseType } = proto.Message.EventResponseMessage

const RESPONSES: ReadonlyMap<number, EventResponse['response']> = new Map<number, EventResponse['response']>([
  [EventResponseType.GOING, 'going'],
  [EventResponseType.NOT_GOING, 'notGoing'],
  [EventResponseType.MAYBE, 'maybe']
])

/** An answer to an event, in the words of the domain; `undefined` when it says nothing. */
export const eventResponseIn = (
  answer: proto.Message.IEventResponseMessage,
  fallbackTime: number
): Omit<EventResponse, 'sender'> | undefined => {
  const response = RESPONSES.get(answer.response ?? 0)
  if (response === undefined) return undefined
  const extraGuests = Math.max(0, numberOf(answer.extraGuestCount) ?? 0)
  return { response, extraGuests, at: millisecondsOf(answer.timestampMs) ?? fallbackTime }
}

const eventResponse: Read = (addOn, plaintext) => {
  const answer = eventResponseIn(proto.Message.EventResponseMessage.decode(plaintext), addOn.timestamp)
  return answer && changeOf(addOn, { to: 'answered', ...answer })
}

const pollVote: Read = (addOn, plaintext) => {
  const { selectedOptions } = proto.Message.PollVoteMessage.decode(plaintext)
  return changeOf(addOn, { to: 'voted', hashes: selectedOptions.map(hex), at: addOn.timestamp })
}

const botAnswer: Read = (addOn, plaintext) => {
  const content = contentOf(addOn.self, proto.Message.decode(plaintext), plaintext)
  return content && [messageOf(addOn, plaintext, content)]
}

/** A bot writes its answer in parts; each is the whole answer so far. */
const botAnswerEdit: Read = (addOn, plaintext) => {
  const { at, content } = editIn(addOn, plaintext)
  if (!isUnderstood(content)) return undefined
  const answer = { sender: addOn.by, whatsAppId: addOn.keyId }
  return changeOf(addOn, { to: 'continued', body: content.body, at }, answer)
}

const READERS: Readonly<Record<AddOnKind, Read>> = {
  messageEdit: edit,
  eventEdit: edit,
  pollEdit: edit,
  pollAddOption,
  reaction,
  comment,
  eventResponse,
  pollVote,
  botAnswer,
  botAnswerEdit,
  unknown: () => undefined
}

/** The facts in an opened add-on; `undefined` when it cannot be understood. */
export const factsOfAddOn: Read = (addOn, plaintext) => {
  try {
    return READERS[addOn.addOn](addOn, plaintext)
  } catch {
    // What its author encrypted is no protobuf.
    return undefined
  }
}
