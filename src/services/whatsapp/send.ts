// What an account does on its open connection besides receiving: it sends messages, marks messages as read, shows that it types.
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { Clock, Effect } from 'effect'
import { chatJid, isGroupJid, isLidJid, isPhoneJid } from '../../domain/jid.ts'
import type { Target } from '../../domain/outbox.ts'
import { NotConnected, SendRefused } from './errors.ts'
import type { AccompanyingWrite } from '../vault/accompanying.ts'
import type { Vault } from '../vault/vault.ts'
import { writeInFormOf } from './chat-form.ts'
import { mentionByLid } from './lid-mentions.ts'
import type { OpenConnection, OpenConnections } from './open-connections.ts'
import { addressesIn } from './socket/auth-state.ts'
import { refusal, refusalCodeOf } from './socket/baileys-errors.ts'
import { waitingForAnswers } from './socket/lid-questions.ts'
import { ownToken } from './tokens/privacy-tokens.ts'

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
  /** Of a status: the addresses of those who may see it. */
  readonly audience?: ReadonlySet<string> | undefined
  /** Is written before the message leaves, with the keys that it is encrypted with. */
  readonly accompanying?: AccompanyingWrite | undefined
}

interface SendingOptions {
  readonly connections: OpenConnections
  /** Where tokens are kept. */
  readonly vault: Vault['Service']
  /** How long an acknowledgement is waited for. */
  readonly timeoutMs: number
}

export type TypingState = 'composing' | 'recording' | 'paused'

const nodesOf = ({ meta }: StanzaExtras): Array<BinaryNode> =>
  meta === undefined ? [] : [{ tag: 'meta', attrs: { ...meta } }]

const attributesOf = ({ number, stanza = {}, toJid }: Outgoing): Record<string, string> => ({
  ...(stanza.edit === undefined ? {} : { edit: stanza.edit }),
  ...(isLidJid(toJid) && number !== undefined ? { peer_recipient_pn: number } : {})
})

/** The node with the token that shows a recipient who gave none that this account may write. */
const tokenNode = Effect.fnUntraced(function* (
  { vault }: SendingOptions,
  { socket }: OpenConnection,
  accountId: string,
  toJid: string
) {
  const self = addressesIn(socket.authState.creds)
  const isSelf = toJid === self.jid || toJid === self.lid
  if (isSelf || !(isLidJid(toJid) || isPhoneJid(toJid))) return []
  const { lidMapping } = socket.signalRepository
  const lid = isLidJid(toJid)
    ? toJid
    : chatJid(yield* Effect.promise(() => lidMapping.getLIDForPN(toJid).catch(() => null)))
  if (lid === undefined) return []
  const token = yield* ownToken(vault, accountId, lid, yield* Clock.currentTimeMillis).pipe(
    // Most messages need none.
    Effect.catch(error =>
      Effect.as(Effect.logWarning('No token could be made for a message', error), undefined)
    )
  )
  return token === undefined ? [] : [{ tag: 'cstoken', attrs: {}, content: token }]
})

const sendMessage = (options: SendingOptions) =>
  Effect.fn('WhatsApp.send')(function* (accountId: string, outgoing: Outgoing) {
    const { connections, timeoutMs, vault } = options
    const connection = yield* connections.get(accountId)
    const { acknowledgements, groupMetadata, socket } = connection
    const token = yield* tokenNode(options, connection, accountId, outgoing.toJid)
    const relaying = Effect.tryPromise({
      try: () =>
        waitingForAnswers(async () => {
          const { audience, content, number, stanza = {}, toJid, whatsAppId } = outgoing
          const message = proto.Message.decode(content)
          const { lidMapping } = socket.signalRepository
          const lidOf = (jid: string) => lidMapping.getLIDForPN(jid)
          const numberOf = (jid: string) => lidMapping.getPNForLID(jid)
          const group = isGroupJid(toJid) ? await groupMetadata(toJid) : undefined
          // WhatsApp names changed devices by a hash of the number: Baileys finds the list under the LID by this pair.
          if (number !== undefined && isLidJid(toJid))
            await lidMapping.storeLIDPNMappings([{ lid: toJid, pn: number }])
          const self = addressesIn(socket.authState.creds)
          await writeInFormOf({ jid: toJid, group, self, lidOf, numberOf }, message)
          if (group !== undefined) await mentionByLid(message, group, lidOf)
          return socket.relayMessage(toJid, message, {
            messageId: whatsAppId,
            additionalAttributes: attributesOf(outgoing),
            additionalNodes: [...nodesOf(stanza), ...token],
            ...(audience === undefined ? {} : { statusJidList: [...audience] })
          })
        }),
      catch: cause => {
        const code = refusalCodeOf(cause)
        const failed = connections.failed(accountId, socket, cause)
        return code === undefined || failed._tag === 'AskRefused'
          ? failed
          : new SendRefused({ code, reason: refusal(code) })
      }
    })
    if (outgoing.accompanying !== undefined) yield* vault.accompany(accountId, outgoing.accompanying)
    return yield* acknowledgements.awaitAfter(outgoing.whatsAppId, relaying).pipe(
      Effect.timeoutOrElse({
        duration: timeoutMs,
        orElse: () => Effect.fail(connections.unanswered(accountId, socket))
      })
    )
  }, Effect.scoped)

/** As many as phones put into one receipt. */
const MOST_IN_A_RECEIPT = 256

const markRead = ({ connections, timeoutMs }: SendingOptions) =>
  Effect.fn('WhatsApp.read')(function* (accountId: string, chatJid: string, targets: ReadonlyArray<Target>) {
    const { allSent, socket } = yield* connections.get(accountId)
    const isGroup = isGroupJid(chatJid)
    const keys = targets.map(({ sender, whatsAppId }) => ({
      remoteJid: chatJid,
      id: whatsAppId,
      fromMe: false,
      ...(isGroup && sender !== null ? { participant: sender } : {})
    }))
    const unanswered = () => connections.unanswered(accountId, socket)
    const read = async (): Promise<void> => {
      for (let from = 0; from < keys.length; from += MOST_IN_A_RECEIPT)
        await socket.readMessages(keys.slice(from, from + MOST_IN_A_RECEIPT))
      await allSent()
    }
    const failed = (cause: unknown) => connections.failed(accountId, socket, cause)
    yield* Effect.tryPromise({ try: read, catch: failed }).pipe(
      Effect.timeoutOrElse({ duration: timeoutMs, orElse: () => Effect.fail(unanswered()) })
    )
  })

const showTyping = ({ connections }: SendingOptions) =>
  Effect.fn('WhatsApp.type')(function* (accountId: string, chatJid: string, state: TypingState) {
    const { socket } = yield* connections.get(accountId)
    yield* Effect.tryPromise({
      try: () => socket.sendPresenceUpdate(state, chatJid),
      catch: () => new NotConnected({})
    })
  })

export const makeSending = (options: SendingOptions) => ({
  send: sendMessage(options),
  read: markRead(options),
  type: showTyping(options)
})
