// An emoji on a message; an empty one takes the reaction back.
import { Effect, Schema } from 'effect'
import { Target } from '../../../domain/outbox.ts'
import { messageKey } from '../../whatsapp/convert/outgoing.ts'
import { MessageId } from '../fields.ts'
import { findSentTarget } from '../targets.ts'
import { changeOfMessage, defineKind, type Place } from './kind.ts'

const Request = Schema.Struct({ messageId: MessageId, emoji: Schema.String.check(Schema.isMaxLength(32)) })

const Stored = Schema.Struct({ kind: Schema.Literal('reaction'), target: Target, emoji: Schema.String })

const compose = Effect.fnUntraced(function* ({ emoji, messageId }: typeof Request.Type, { threadId }: Place) {
  const { target } = yield* findSentTarget(threadId, 'reaction.messageId', messageId)
  return { kind: 'reaction' as const, target, emoji }
})

export const reaction = defineKind(Stored, {
  ...changeOfMessage,
  request: Request,
  compose,
  wire: (content, { destination }) => ({
    as: 'message',
    message: {
      reactionMessage: {
        key: messageKey(content.target, destination),
        text: content.emoji,
        senderTimestampMs: destination.now
      }
    }
  }),
  effect: ({ emoji }, { at }) => [{ to: 'reacted', sender: 'me', emoji, at }],
  redact: ({ target }) => ({ kind: 'reaction', target, emoji: '' })
})
