// Bots, such as Meta AI: the owner asks one on the phone, and it answers in parts. Its answers are not encrypted for devices but
// sealed with the secret of the question (`msmsg`).
import { randomBytes } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import type { Group } from '../../state/group.ts'
import { botSecret, seal } from '../../state/messages/sealing.ts'
import type { Network } from '../../state/network.ts'
import { element } from '../../wire/binary-node.ts'
import { encNode, encryptFor } from './encryption.ts'

export const META_AI = '867051314767696@bot'

/** The owner writes to a bot in its own chat. */
export const askBot = async (
  network: Network,
  owner: Account,
  { bot, text }: { bot: string; text: string }
): Promise<{ id: string; timestamp: number }> => {
  const id = network.messageId()
  const timestamp = network.clock.seconds()
  const messageContextInfo = { messageSecret: randomBytes(32) }
  network.secrets.remember(owner, id, { messageContextInfo })
  const copy = {
    deviceSentMessage: { destinationJid: bot, message: { conversation: text } },
    messageContextInfo
  }
  const kind = 'text'
  network.ledger.hold(owner, { chatJid: bot, id, fromMe: true, timestamp, kind, text, origin: 'live' })
  for (const companion of owner.companions.values()) {
    const encrypted = await encryptFor(network, owner, companion, copy)
    const attributes = { id, t: timestamp, type: 'text', from: owner.jid, recipient: bot }
    companion.queue.add('message', element('message', attributes, [encNode(network, companion, encrypted)]))
  }
  return { id, timestamp }
}

export interface BotAnswer {
  readonly bot: string
  /** The question, and who asked it. */
  readonly to: string
  readonly asker: Account
  /** The group it was asked in; the bot's own chat when left out. */
  readonly group?: Group | undefined
  readonly text: string
  /** The first part of the answer that this one replaces. */
  readonly continues?: string | undefined
  /** Whether it is the last part. */
  readonly isLast?: boolean | undefined
}

const editIn = ({ continues, isLast }: BotAnswer) =>
  continues === undefined
    ? { edit: 'first' }
    : { edit: isLast ? 'last' : 'inner', edit_target_id: continues, sender_timestamp_ms: Date.now() }

/** The content of a part: a message, or an edit of the first part. */
const contentOf = ({ continues, text }: BotAnswer, chatJid: string): proto.IMessage =>
  continues === undefined
    ? { conversation: text }
    : {
        protocolMessage: {
          type: proto.Message.ProtocolMessage.Type.MESSAGE_EDIT,
          key: { remoteJid: chatJid, fromMe: true, id: continues },
          editedMessage: { conversation: text },
          timestampMs: Date.now()
        }
      }

/** What the reader's phone shows of an answer. */
const recordAnswer = (
  network: Network,
  reader: Account,
  {
    bot,
    continues,
    group,
    id,
    text,
    timestamp
  }: BotAnswer & { readonly id: string; readonly timestamp: number }
): void => {
  const chatJid = group?.id ?? bot
  const { held } = network.ledger.of(reader)
  const first = [...held.values()].find(entry => entry.chatJid === chatJid && entry.id === continues)
  if (first) {
    first.text = text
    first.edited = true
  } else
    network.ledger.hold(reader, {
      chatJid,
      id,
      fromMe: false,
      timestamp,
      kind: 'text',
      text,
      origin: 'live',
      ...(group ? { participant: bot } : {})
    })
}

/** A bot answers; every linked device of the reader gets the same bytes. */
export const answerFromBot = (
  network: Network,
  reader: Account,
  answer: BotAnswer
): { id: string; timestamp: number } => {
  const { asker, bot, continues, group, to } = answer
  const secret = network.secrets.of(asker, to)
  if (!secret) throw new Error(`there is no message ${to} with a secret`)
  const id = network.messageId()
  const timestamp = network.clock.seconds()
  const targetAuthor = asker.lid
  const sealed = seal(
    { secret: botSecret(secret), useCase: '', id: continues ?? id, targetAuthor, author: bot },
    proto.Message.encode(contentOf(answer, group?.id ?? bot)).finish()
  )
  const content = proto.MessageSecretMessage.encode({ version: 1, ...sealed }).finish()
  const addresses = group
    ? { from: group.id, participant: bot, addressing_mode: group.addressing }
    : { from: bot }
  recordAnswer(network, reader, { ...answer, id, timestamp })
  for (const companion of reader.companions.values()) {
    companion.queue.add(
      'message',
      element('message', { id, t: timestamp, type: 'text', ...addresses }, [
        element('meta', { target_id: to, target_sender_jid: targetAuthor }),
        element('bot', editIn(answer)),
        element('enc', { v: '2', type: 'msmsg' }, Buffer.from(content))
      ])
    )
  }
  return { id, timestamp }
}
