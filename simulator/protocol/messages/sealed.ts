// The sealed form of what is added to a message: clients of 2026 send edits only so, and comments, answers to events, and
// reactions in community announcements.
import { randomBytes } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import { isGroup } from '../../state/group.ts'
import { seal, type Sealed, type UseCase } from '../../state/messages/sealing.ts'
import type { Account } from '../../state/account.ts'
import { unwrap } from '../../state/messages/content.ts'
import { EVENT_RESPONSES } from './event-response.ts'
import { authorOf, type Content, keyOf } from './written.ts'
import type { Writing } from './writing.ts'

/** By use case; the last two are newer than Baileys' schema. */
type EditUseCase = 'Event Edit' | 'Message Edit' | 'Poll Edit' | 'Poll Add Option'
const SECRET_ENC_TYPE: Readonly<Record<EditUseCase, number>> = {
  'Event Edit': 1,
  'Message Edit': 2,
  'Poll Edit': 4,
  'Poll Add Option': 5
}

interface Target {
  readonly id: string
  readonly author: Account
  readonly secret: Uint8Array
}

const targetOf = (writing: Writing, id: string, author = authorOf(writing, id)): Target | undefined => {
  const secret = writing.network.secrets.of(author, id)
  return secret && { id, author, secret }
}

const sealFor = (
  { addressing, sender }: Writing,
  { author, id, secret }: Target,
  useCase: UseCase,
  plaintext: Uint8Array
): Sealed =>
  seal(
    {
      secret,
      useCase,
      id,
      targetAuthor: author.address(addressing),
      author: sender.address(addressing)
    },
    plaintext
  )

/** An edit is named as its editor sees it: nobody's participant, not even in a group. */
const editKey = ({ addressing, chat }: Writing, id: string): proto.IMessageKey => ({
  remoteJid: isGroup(chat) ? chat.id : chat.address(addressing),
  fromMe: true,
  id
})

const useCaseOf = (edited: proto.IMessage): EditUseCase => {
  const inner = unwrap(edited)
  if (inner.eventMessage) return 'Event Edit'
  const isPoll = inner.pollCreationMessage ?? inner.pollCreationMessageV2 ?? inner.pollCreationMessageV3
  return isPoll ? 'Poll Edit' : 'Message Edit'
}

/** An edit brings the secret that seals the next one. */
const sealedEdit = (writing: Writing, id: string, message: proto.IMessage): proto.IMessage | undefined => {
  const { network, sender } = writing
  const edited = message.protocolMessage?.editedMessage
  const target = targetOf(writing, id, sender)
  if (!target || !edited || !sender.habits.sealsEdits) return undefined
  const useCase = useCaseOf(edited)
  const plaintext = proto.Message.encode(message).finish()
  const sealed: proto.IMessage = {
    secretEncryptedMessage: {
      targetMessageKey: editKey(writing, id),
      ...sealFor(writing, target, useCase, plaintext),
      secretEncType: SECRET_ENC_TYPE[useCase]
    },
    messageContextInfo: { messageSecret: randomBytes(32) }
  }
  network.secrets.remember(sender, id, sealed)
  return sealed
}

const lengthDelimited = (field: number, value: Uint8Array): Buffer =>
  Buffer.concat([varint(field * 8 + 2), varint(value.length), value])

const varint = (value: number): Buffer =>
  value < 128 ? Buffer.from([value]) : Buffer.concat([Buffer.from([(value % 128) + 128]), varint(value >> 7)])

/** `pollAddOptionMessage`, which is newer than Baileys' schema: field 121 with the poll's key (1) and the option (2). */
const addedOption = (key: proto.IMessageKey, optionName: string): Buffer =>
  lengthDelimited(
    121,
    Buffer.concat([
      lengthDelimited(1, proto.MessageKey.encode(key).finish()),
      lengthDelimited(2, proto.Message.PollCreationMessage.Option.encode({ optionName }).finish())
    ])
  )

/** What goes over the wire in place of `message`, which says the same in the open; nothing when it is sent in the open. */
export const sealedForm = (
  content: Content,
  message: proto.IMessage,
  writing: Writing
): proto.IMessage | undefined => {
  if ('edit' in content) return content.plain ? undefined : sealedEdit(writing, content.edit, message)
  if ('addOption' in content) {
    const target = required(writing, content.addOption)
    const key = keyOf(writing, target.id, target.author)
    const plaintext = addedOption(key, content.option)
    const sealed = sealFor(writing, target, 'Poll Add Option', plaintext)
    return {
      secretEncryptedMessage: {
        targetMessageKey: key,
        ...sealed,
        secretEncType: SECRET_ENC_TYPE['Poll Add Option']
      }
    }
  }
  if ('react' in content && content.sealed) {
    const target = required(writing, content.react)
    const key = keyOf(writing, target.id, target.author)
    const { senderTimestampMs, text } = message.reactionMessage ?? {}
    const plaintext = proto.Message.ReactionMessage.encode({
      text: text ?? null,
      senderTimestampMs: senderTimestampMs ?? null
    }).finish()
    return {
      encReactionMessage: { targetMessageKey: key, ...sealFor(writing, target, 'Enc Reaction', plaintext) }
    }
  }
  if ('comment' in content) {
    const target = required(writing, content.comment)
    const key = keyOf(writing, target.id, target.author)
    const plaintext = proto.Message.encode({ extendedTextMessage: { text: content.text } }).finish()
    return {
      encCommentMessage: { targetMessageKey: key, ...sealFor(writing, target, 'Enc Comment', plaintext) },
      messageContextInfo: { messageSecret: randomBytes(32) }
    }
  }
  if ('respond' in content) {
    const target = required(writing, content.respond)
    const plaintext = proto.Message.EventResponseMessage.encode({
      response: EVENT_RESPONSES[content.response],
      extraGuestCount: content.extraGuests ?? 0,
      timestampMs: writing.network.clock.milliseconds()
    }).finish()
    return {
      encEventResponseMessage: {
        eventCreationMessageKey: keyOf(writing, target.id, target.author),
        ...sealFor(writing, target, 'Event Response', plaintext)
      }
    }
  }
  return undefined
}

const required = (writing: Writing, id: string): Target => {
  const target = targetOf(writing, id)
  if (!target) throw new Error(`there is no message ${id} with a secret`)
  return target
}
