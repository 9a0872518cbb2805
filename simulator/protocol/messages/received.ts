// Records what recipients got of a message, and whether their phones show it as what it is meant to be.
import type { proto } from '@whiskeysockets/baileys'
import type { Account } from '../../state/account.ts'
import type { Received } from '../../state/ledger.ts'
import { openMedia } from '../../state/media/download.ts'
import { inOtherForm } from '../../state/messages/address-forms.ts'
import { bodyOf, changeOf, kindOf, quotedIdOf, unwrap } from '../../state/messages/content.ts'
import { receivedContext } from '../../state/messages/context.ts'
import { detailsOf } from '../../state/messages/details.ts'
import type { Network } from '../../state/network.ts'
import { STATUS_JID } from '../../wire/jid.ts'
import type { Envelope } from './envelope.ts'
import { hiddenBecause } from './hidden.ts'
import { heldEntry, recordHeld } from './record.ts'

/** A primary device decrypted a message that a linked device had sent; `destination` is set on the sender's own phone. */
export const recordDecrypted = (
  network: Network,
  holder: Account,
  { addressing, sender, id, timestamp, group, node, to }: Envelope,
  { message, destination }: { message: proto.IMessage; destination: string | undefined }
): void => {
  recordHeld(network, holder, {
    id,
    sender: sender.account,
    timestamp,
    chat: group ?? network.directory.find(destination ?? to) ?? destination ?? to,
    message,
    pushName: sender.pushName ?? sender.account.pushName
  })
  if (to === STATUS_JID && holder === sender.account) keepStatus(holder, { id, message, timestamp })
  if (holder === sender.account) return
  const chatJid = group?.id ?? sender.account.jid
  const hidden = hiddenBecause(network, {
    sender: sender.account,
    recipient: holder,
    chat: group ?? holder,
    message,
    node,
    isStatus: to === STATUS_JID,
    held: messageId => heldEntry(network, holder, chatJid, messageId)
  })
  const place = to === STATUS_JID ? STATUS_JID : (group?.id ?? holder.jid)
  const otherForms = inOtherForm(message, addressing)
  recordReceived(network, sender.account, holder, place, id, message, {
    ...(hidden === undefined ? {} : { hiddenBecause: hidden }),
    ...(otherForms.length === 0 ? {} : { otherForms })
  })
}

/** The owner's phone shows what a linked device has posted, until it is deleted. */
const keepStatus = (
  owner: Account,
  {
    id,
    message,
    timestamp
  }: { readonly id: string; readonly message: proto.IMessage; readonly timestamp: number }
): void => {
  const change = changeOf(message)
  if (change?.type === 'revoke') owner.statuses = owner.statuses.filter(one => one.id !== change.targetId)
  else if (!change) owner.statuses = [...owner.statuses, { id, poster: owner, message, timestamp }]
}

/** A recipient's primary device got the message. */
export const recordReceived = (
  network: Network,
  sender: Account,
  recipient: Account,
  chatJid: string,
  id: string,
  message: proto.IMessage,
  seen: Pick<Received, 'hiddenBecause' | 'otherForms'> = {}
): void => {
  const change = changeOf(message)
  const text = change && 'text' in change ? change.text : bodyOf(message)
  const quotedId = quotedIdOf(message)
  const targetId = change?.targetId ?? unwrap(message).pinInChatMessage?.key?.id ?? undefined
  network.ledger.receive(sender, recipient, {
    chatJid,
    id,
    kind: change?.type ?? kindOf(message),
    ...(text === undefined ? {} : { text }),
    ...(quotedId === undefined ? {} : { quotedId }),
    ...(targetId === undefined ? {} : { targetId }),
    ...seen,
    ...receivedContext(message),
    ...detailsOf(message),
    ...openMedia(network.media, message)
  })
}
