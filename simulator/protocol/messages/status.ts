// A contact posts a status: a message to everyone who knows them, addressed to `status@broadcast`.
import type { Account } from '../../state/account.ts'
import { Group } from '../../state/group.ts'
import type { Network } from '../../state/network.ts'
import { STATUS_JID } from '../../wire/jid.ts'
import { unixSeconds } from '../../wire/stanza.ts'
import { sendFromPrimary } from './primary-sender.ts'

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
