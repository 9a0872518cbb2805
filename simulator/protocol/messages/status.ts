// What contacts do besides writing to a chat: they type, come and go, post a status.
import type { Account } from '../../state/account.ts'
import { Group } from '../../state/group.ts'
import type { Network } from '../../state/network.ts'
import { sendFromPrimary } from './primary-sender.ts'
import { element } from '../../wire/binary-node.ts'
import { STATUS_JID } from '../../wire/jid.ts'
import { unixSeconds } from '../../wire/stanza.ts'

/** A contact, or a member in a group, types or stops; only devices that are connected see it. */
export const showTyping = (
  reader: Account,
  writer: Account,
  state: 'composing' | 'recording' | 'paused',
  group: Group | undefined
): void => {
  const from = writer.address(group ? group.addressing : writer.addressing)
  const content = [
    element(state === 'paused' ? 'paused' : 'composing', {
      media: state === 'recording' ? 'audio' : undefined
    })
  ]
  for (const { connection } of reader.companions.values()) {
    void connection?.send(
      group
        ? element('chatstate', { from: group.id, participant: from }, content)
        : element('chatstate', { from }, content)
    )
  }
}

/** A contact comes online or leaves; devices that subscribed to it are told. */
export const showPresence = (network: Network, contact: Account, available: boolean): void => {
  if (!available) network.presence.left(contact)
  for (const { connection } of network.presence.subscribersOf(contact)) {
    void connection?.send(
      element('presence', {
        from: contact.jid,
        type: available ? undefined : 'unavailable',
        last: available ? undefined : network.presence.lastSeenOf(contact)
      })
    )
  }
}

/** A contact posts a status: a message to everyone who knows them, addressed to `status@broadcast`. */
export const postStatus = async (
  network: Network,
  reader: Account,
  poster: Account,
  text: string
): Promise<{ id: string; timestamp: number }> => {
  const status = new Group({
    id: STATUS_JID,
    subject: '',
    creator: poster,
    members: [reader],
    addressing: poster.addressing,
    inviteCode: ''
  })
  const id = network.messageId()
  const timestamp = unixSeconds()
  const message = { extendedTextMessage: { text } }
  await sendFromPrimary(network, { sender: poster, chat: status, message, id, timestamp })
  return { id, timestamp }
}
