// Another text for a message of our own, within the time that WhatsApp allows.
import { Clock, Effect, Schema } from 'effect'
import type { Message } from '../../../domain/message.ts'
import { Target } from '../../../domain/outbox.ts'
import { contextIn, messageKey, PROTOCOL } from '../../whatsapp/convert/outgoing.ts'
import { MessageId, Text } from '../fields.ts'
import { refuse } from '../errors.ts'
import { findSentTarget } from '../targets.ts'
import { changeOfMessage, defineKind, type Place } from './kind.ts'
import { mentions, visibleText } from './parts.ts'

/** How long after sending WhatsApp lets a text be edited. */
const EDITABLE_MS = 15 * 60_000

const FIELD = 'edit.messageId'

const Request = Schema.Struct({ messageId: MessageId, text: Text })

const Stored = Schema.Struct({ kind: Schema.Literal('edit'), target: Target, text: Schema.String, mentions })

const checkEditable = (message: Message, now: number) => {
  if (message.direction !== 'outbound') return refuse(FIELD, 'Only own messages can be edited')
  if (message.type !== 'text') return refuse(FIELD, 'Only text can be edited')
  return now - message.tsClient > EDITABLE_MS
    ? refuse(FIELD, 'WhatsApp lets a message be edited for 15 minutes only')
    : Effect.void
}

const compose = Effect.fnUntraced(function* ({ messageId, text }: typeof Request.Type, { threadId }: Place) {
  const { message, target } = yield* findSentTarget(threadId, FIELD, messageId)
  yield* checkEditable(message, yield* Clock.currentTimeMillis)
  return {
    kind: 'edit' as const,
    target,
    text: yield* visibleText('edit.text', text),
    // They stay unless the request names others.
    ...(message.mentions.length === 0 ? {} : { mentions: message.mentions })
  }
})

export const edit = defineKind(Stored, {
  ...changeOfMessage,
  canMention: true,
  request: Request,
  compose,
  // Phones replace the whole message: what it mentioned and answered is lost unless the edit repeats it.
  wire: (content, { accompanying, changed, destination }) => {
    const { mentionedJid: _before, ...repeated } = (changed && contextIn(changed)) ?? {}
    const contextInfo = { ...repeated, ...accompanying.contextInfo }
    const context = Object.keys(contextInfo).length === 0 ? {} : { contextInfo }
    return {
      as: 'message',
      message: {
        protocolMessage: {
          key: messageKey(content.target, destination),
          type: PROTOCOL.edit,
          editedMessage: { extendedTextMessage: { text: content.text, ...context } },
          timestampMs: destination.now
        }
      }
    }
  },
  stanza: () => ({ edit: '1' }),
  effect: ({ mentions: people, text }, { at }) => [
    { to: 'edited', body: text, at, ...(people === undefined ? {} : { mentions: people }) }
  ],
  redact: ({ target }) => ({ kind: 'edit', target, text: '' })
})
