// Deletes a message for everyone: one of our own, or in a group that the account administers, one of somebody else.
import { Effect, Schema } from 'effect'
import type { AccountRecord } from '../../../domain/account.ts'
import { isGroupJid } from '../../../domain/jid.ts'
import { Target } from '../../../domain/outbox.ts'
import { GroupStore } from '../../conversations/group-store.ts'
import { messageKey, PROTOCOL } from '../../whatsapp/convert/outgoing.ts'
import { MessageId } from '../fields.ts'
import { refuse } from '../errors.ts'
import { findSentTarget } from '../targets.ts'
import { changeOfMessage, defineKind, type Place } from './kind.ts'

const FIELD = 'revoke.messageId'

const Request = Schema.Struct({ messageId: MessageId })

const Stored = Schema.Struct({ kind: Schema.Literal('revoke'), target: Target })

const isAdmin = Effect.fnUntraced(function* ({ jid, lid }: AccountRecord, threadId: string) {
  const groups = yield* GroupStore
  const own = [jid, lid].filter(address => address !== null)
  const roles = yield* Effect.forEach(own, address => groups.role(threadId, address))
  return roles.includes('admin')
})

const compose = Effect.fnUntraced(function* (
  { messageId }: typeof Request.Type,
  { account, threadId }: Place
) {
  const { message, target } = yield* findSentTarget(threadId, FIELD, messageId)
  if (message.direction !== 'outbound') {
    if (!isGroupJid(threadId)) {
      return yield* refuse(FIELD, 'Only own messages can be deleted for everyone')
    }
    if (!(yield* isAdmin(account, threadId))) {
      return yield* refuse(FIELD, 'Only admins of the group can delete the messages of others')
    }
  }
  return { kind: 'revoke' as const, target }
})

export const revoke = defineKind(Stored, {
  ...changeOfMessage,
  request: Request,
  compose,
  wire: (content, { destination }) => ({
    as: 'message',
    message: {
      protocolMessage: { key: messageKey(content.target, destination), type: PROTOCOL.revoke }
    }
  }),
  // An admin who deletes what somebody else wrote says so.
  stanza: ({ target }, toJid) => ({ edit: isGroupJid(toJid) && target.sender !== null ? '8' : '7' }),
  effect: (_content, { at }) => [{ to: 'revoked', at }],
  redact: content => content
})
