// What an account does on its open connection besides receiving: it sends messages, marks messages as read, shows that it types.
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { isGroupJid, isLidJid } from '../../domain/jid.ts'
import type { Target } from '../../domain/outbox.ts'
import { NotConnected, SendRefused } from './errors.ts'
import { mentionByLid } from './lid-mentions.ts'
import type { OpenConnections } from './open-connections.ts'
import { refusal, refusalCodeOf } from './socket/baileys-errors.ts'

/** What WhatsApp requires of some messages outside of their encryption. */
export interface StanzaExtras {
  /** The attribute `edit`. */
  readonly edit?: string
  /** The attributes of a node `meta`. */
  readonly meta?: Readonly<Record<string, string>>
}

export interface Outgoing {
  readonly toJid: string
  /** The recipient's number, if it is known; named beside a LID. */
  readonly number?: string | undefined
  readonly whatsAppId: string
  /** The `Message` protobuf. */
  readonly content: Uint8Array
  readonly stanza?: StanzaExtras
}

export type TypingState = 'composing' | 'recording' | 'paused'

const nodesOf = ({ meta }: StanzaExtras): Array<BinaryNode> =>
  meta === undefined ? [] : [{ tag: 'meta', attrs: { ...meta } }]

const attributesOf = ({ number, stanza = {}, toJid }: Outgoing): Record<string, string> => ({
  ...(stanza.edit === undefined ? {} : { edit: stanza.edit }),
  ...(isLidJid(toJid) && number !== undefined ? { peer_recipient_pn: number } : {})
})

const sendMessage = (connections: OpenConnections, timeoutMs: number) =>
  Effect.fn('WhatsApp.send')(function* (accountId: string, outgoing: Outgoing) {
    const { acknowledgements, groupMetadata, socket } = yield* connections.get(accountId)
    const relaying = Effect.tryPromise({
      try: async () => {
        const { content, stanza = {}, toJid, whatsAppId } = outgoing
        const message = proto.Message.decode(content)
        if (isGroupJid(toJid)) {
          const { lidMapping } = socket.signalRepository
          await mentionByLid(message, await groupMetadata(toJid), jid => lidMapping.getLIDForPN(jid))
        }
        return socket.relayMessage(toJid, message, {
          messageId: whatsAppId,
          additionalAttributes: attributesOf(outgoing),
          additionalNodes: nodesOf(stanza)
        })
      },
      catch: cause => {
        const code = refusalCodeOf(cause)
        return code === undefined
          ? connections.unanswered(accountId, socket)
          : new SendRefused({ code, reason: refusal(code) })
      }
    })
    return yield* acknowledgements.awaitAfter(outgoing.whatsAppId, relaying).pipe(
      Effect.timeoutOrElse({
        duration: timeoutMs,
        orElse: () => Effect.fail(connections.unanswered(accountId, socket))
      })
    )
  })

const markRead = (connections: OpenConnections, timeoutMs: number) =>
  Effect.fn('WhatsApp.read')(function* (accountId: string, chatJid: string, targets: ReadonlyArray<Target>) {
    const { socket } = yield* connections.get(accountId)
    const isGroup = isGroupJid(chatJid)
    const keys = targets.map(({ sender, whatsAppId }) => ({
      remoteJid: chatJid,
      id: whatsAppId,
      fromMe: false,
      ...(isGroup && sender !== null ? { participant: sender } : {})
    }))
    const unanswered = () => connections.unanswered(accountId, socket)
    yield* Effect.tryPromise({ try: () => socket.readMessages(keys), catch: unanswered }).pipe(
      Effect.timeoutOrElse({ duration: timeoutMs, orElse: () => Effect.fail(unanswered()) })
    )
  })

const showTyping = (connections: OpenConnections) =>
  Effect.fn('WhatsApp.type')(function* (accountId: string, chatJid: string, state: TypingState) {
    const { socket } = yield* connections.get(accountId)
    yield* Effect.tryPromise({
      try: () => socket.sendPresenceUpdate(state, chatJid),
      catch: () => new NotConnected({})
    })
  })

export const makeSending = (connections: OpenConnections, timeoutMs: number) => ({
  send: sendMessage(connections, timeoutMs),
  read: markRead(connections, timeoutMs),
  type: showTyping(connections)
})
