// Statuses as phones store them, in their history and for linked devices that could not read one.
import type { proto } from '@whiskeysockets/baileys'
import { STATUS_JID } from '../wire/jid.ts'
import type { Account, Status } from './account.ts'

export const statusInfo = (
  owner: Account,
  { id, message, poster, timestamp }: Status
): proto.IWebMessageInfo => ({
  key: {
    remoteJid: STATUS_JID,
    fromMe: poster === owner,
    id,
    participant: poster.address(poster.addressing)
  },
  message,
  messageTimestamp: timestamp
})
