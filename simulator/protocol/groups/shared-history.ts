// A member shares the past of a group with one who has joined: the messages in a file on the media host, announced by a message
// that names whom it is for. A phone takes it over only if it is one of those.
import { randomBytes } from 'node:crypto'
import type { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import type { Group } from '../../state/group.ts'
import { encodeGroupHistory, type GroupHistory } from '../../state/history/group-history.ts'
import { encryptMedia, sha256Of } from '../../state/media/encryption.ts'
import { bodyOf, kindOf } from '../../state/messages/content.ts'
import type { Network } from '../../state/network.ts'
import { sendFromPrimary } from '../messages/primary-sender.ts'

/** A message of the past; its writer need not be a member any more. */
export interface PastMessage {
  readonly from: Account
  readonly id: string
  /** Unix seconds. */
  readonly timestamp: number
  readonly message: proto.IMessage
}

export interface SharedPast {
  readonly messages: readonly PastMessage[]
  readonly associated: readonly {
    readonly parent: string
    readonly type: number
    readonly message: PastMessage
  }[]
  readonly comments: readonly PastMessage[]
  readonly pinned: readonly PastMessage[]
}

const infoOf = (
  group: Group,
  sharer: Account,
  { from, id, message, timestamp }: PastMessage
): proto.IWebMessageInfo => ({
  key: {
    remoteJid: group.id,
    id,
    fromMe: from === sharer,
    // What a phone wrote itself has no participant in its own database.
    ...(from === sharer ? {} : { participant: from.address(group.addressing) })
  },
  message,
  messageTimestamp: timestamp
})

/** Resolves with the id of the message that announces the file, once every device's copy is queued. */
export const shareHistory = async (
  network: Network,
  { group, owner, sharer }: { group: Group; owner: Account; sharer: Account },
  past: SharedPast,
  receivers: readonly Account[]
): Promise<{ id: string }> => {
  const info = (message: PastMessage) => infoOf(group, sharer, message)
  const history: GroupHistory = {
    messages: past.messages.map(info),
    associated: past.associated.map(({ message, parent, type }) => ({
      parent,
      type,
      messages: [info(message)]
    })),
    comments: past.comments.map(info),
    pinned: past.pinned.map(info)
  }
  const plain = encodeGroupHistory(group.id, history)
  const mediaKey = randomBytes(32)
  const encrypted = encryptMedia(plain, mediaKey, 'group-history')
  const directPath = `/v/t62.grouphist/${randomBytes(16).toString('hex')}.enc`
  network.media.upload(directPath, encrypted)
  const id = network.messageId()
  if (receivers.includes(owner)) takeOver(network, group, owner, past)
  await sendFromPrimary(network, {
    sender: sharer,
    chat: group,
    id,
    timestamp: network.clock.seconds(),
    message: {
      messageHistoryBundle: {
        mimetype: 'application/protobuf',
        mediaKey,
        directPath,
        fileSha256: sha256Of(plain),
        fileEncSha256: sha256Of(encrypted),
        mediaKeyTimestamp: network.clock.seconds(),
        messageHistoryMetadata: {
          historyReceivers: receivers.map(receiver => receiver.address(group.addressing)),
          messageCount: past.messages.length,
          oldestMessageTimestamp: Math.min(...past.messages.map(({ timestamp }) => timestamp))
        }
      }
    }
  })
  return { id }
}

/** The phone holds what was shared with it from now on. */
const takeOver = (network: Network, group: Group, owner: Account, past: SharedPast): void => {
  for (const { from, id, message, timestamp } of [...past.messages, ...past.comments, ...past.pinned]) {
    const text = bodyOf(message)
    network.ledger.hold(owner, {
      chatJid: group.id,
      id,
      fromMe: from === owner,
      timestamp,
      kind: kindOf(message),
      origin: 'history',
      ...(from === owner ? {} : { participant: from.jid, participantLid: from.lid }),
      ...(text === undefined ? {} : { text })
    })
  }
}
