// Encrypted add-ons as they arrive: which kind they are, which message has their secret, and what their key may be made with.
// What they say is read when they are opened, in opened-add-on.ts.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import type { ChangeFact } from '../../../domain/fact.ts'
import type { AddOnKind, SealedAddOn } from '../../../domain/sealed-add-on.ts'
import { formsOf, type Self } from './address.ts'
import type { Envelope } from './envelope.ts'
import { millisecondsOf } from './numbers.ts'
import { authorForms, base64, editedMessage, referredMessage } from './reference.ts'
import type { Unwrapped } from './unwrap.ts'

type Target = ChangeFact['target']

/** The parts that every envelope of an add-on has, whatever its fields are called. */
interface Carried {
  readonly addOn: AddOnKind
  readonly key: proto.IMessageKey | null | undefined
  readonly payload: Uint8Array | null | undefined
  readonly iv: Uint8Array | null | undefined
  /** Milliseconds since 1970, if the envelope says it. */
  readonly at?: number | undefined
}

const { SecretEncType } = proto.Message.SecretEncryptedMessage

/** By `secretEncType`; the last two are newer than the schema. */
const EDITS: ReadonlyMap<number, AddOnKind> = new Map<number, AddOnKind>([
  [SecretEncType.EVENT_EDIT, 'eventEdit'],
  [SecretEncType.MESSAGE_EDIT, 'messageEdit'],
  [4, 'pollEdit'],
  [5, 'pollAddOption']
])

/** The add-on in a message without its wrappers. */
const carriedIn = (message: proto.IMessage): Carried | undefined => {
  const {
    encCommentMessage: comment,
    encEventResponseMessage: response,
    encReactionMessage: reaction,
    pollUpdateMessage: vote,
    secretEncryptedMessage: edit
  } = message
  if (edit) {
    const addOn = EDITS.get(edit.secretEncType ?? 0) ?? 'unknown'
    return { addOn, ...parts(edit, edit.targetMessageKey) }
  }
  if (reaction) return { addOn: 'reaction', ...parts(reaction, reaction.targetMessageKey) }
  if (comment) return { addOn: 'comment', ...parts(comment, comment.targetMessageKey) }
  if (response) return { addOn: 'eventResponse', ...parts(response, response.eventCreationMessageKey) }
  if (vote) {
    const at = millisecondsOf(vote.senderTimestampMs)
    return { addOn: 'pollVote', ...parts(vote.vote ?? {}, vote.pollCreationMessageKey), at }
  }
  return undefined
}

const parts = (
  { encIv, encPayload }: { encIv?: Uint8Array | null; encPayload?: Uint8Array | null },
  key: Carried['key']
) => ({ key, payload: encPayload, iv: encIv })

/** Edits are of one's own messages, and their key is written from the editor's point of view; anyone may do the rest. */
const OWN_MESSAGES_ONLY: ReadonlySet<AddOnKind> = new Set<AddOnKind>(['messageEdit', 'eventEdit', 'pollEdit'])

const targetOf = (self: Self, envelope: Envelope, { addOn, key }: Carried): Target | undefined =>
  OWN_MESSAGES_ONLY.has(addOn) ? editedMessage(envelope, key) : referredMessage(self, envelope, key)

/** The secret that a message brings, on the outermost of its layers that has one; base64. */
export const secretIn = (layers: ReadonlyArray<proto.IMessage>): string | undefined => {
  const secret = layers.find(layer => layer.messageContextInfo?.messageSecret?.length)?.messageContextInfo
  return secret?.messageSecret ? base64(secret.messageSecret) : undefined
}

/** What a fact takes over from the envelope of the add-on. */
export const partsOfEnvelope = (self: Self, envelope: Envelope) => ({
  kind: 'sealed' as const,
  chat: envelope.chat,
  by: envelope.sender,
  whatsAppId: envelope.whatsAppId,
  pushName: envelope.pushName,
  live: envelope.live,
  self,
  authors: formsOf(self, envelope.sender)
})

/** The add-on that a message is; `undefined` when it is none, or says neither what it is about nor anything else. */
export const sealedAddOn = (
  self: Self,
  envelope: Envelope,
  { layers, message }: Unwrapped
): SealedAddOn | undefined => {
  const carried = carriedIn(message)
  const target = carried && targetOf(self, envelope, carried)
  if (carried === undefined || target === undefined || !carried.payload || !carried.iv) return undefined
  return {
    ...partsOfEnvelope(self, envelope),
    addOn: carried.addOn,
    target,
    timestamp: carried.at ?? envelope.timestamp,
    payload: base64(carried.payload),
    iv: base64(carried.iv),
    keyId: target.whatsAppId,
    targetAuthors: authorForms(self, envelope, target.sender, carried.key),
    secret: secretIn(layers)
  }
}
