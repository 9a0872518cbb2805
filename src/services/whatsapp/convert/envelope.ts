// Author, chat, id and time of a message, without its content.
import type { proto } from '@whiskeysockets/baileys'
import type { Address, Fact, Party } from '../../../domain/fact.ts'
import { isBroadcastListJid, isStatusJid, isThreadJid, namesWriters } from '../../../domain/jid.ts'
import { address, memberAddress, partyOf, type Self } from './address.ts'
import { secondsToMilliseconds } from './numbers.ts'

export interface Envelope {
  readonly chat: Address
  readonly sender: Party
  readonly whatsAppId: string
  readonly timestamp: number
  readonly pushName?: string | undefined
  readonly live: boolean
  /** It was sent to a broadcast list. */
  readonly broadcast: boolean
}

/** Baileys adds the other address form to keys it decoded from stanzas. */
export interface AddressedKey extends proto.IMessageKey {
  remoteJidAlt?: string | undefined
  participantAlt?: string | undefined
}

export interface AddressedInfo extends proto.IWebMessageInfo {
  key?: AddressedKey | null
}

/** The chat, writer and id of a message, or `undefined` when it has no place (a list that names no recipient). */
export const envelopeOf = (self: Self, info: AddressedInfo, live: boolean): Envelope | undefined => {
  const key = info.key
  const chat = address(key?.remoteJid, key?.remoteJidAlt)
  if (key?.id == null || key.id === '' || chat === undefined) return undefined
  // A list is a place for what its owner sent to recipients whom nobody names.
  const isOwnToList = isBroadcastListJid(chat.jid) && live && key.fromMe === true
  if (!isThreadJid(chat.jid) && !isStatusJid(chat.jid) && !isOwnToList) return undefined
  const member = key.participant ?? info.participant
  const writer =
    namesWriters(chat.jid) && member != null && member !== ''
      ? memberAddress(member, key.participantAlt)
      : undefined
  // An event of the group itself ("the subject changed") may have no author: then the group is its author.
  const sender = key.fromMe === true ? 'me' : writer === undefined ? chat : partyOf(self, writer)
  return {
    chat,
    sender,
    whatsAppId: key.id,
    timestamp: secondsToMilliseconds(info.messageTimestamp),
    // The owner's own name says nothing: own messages have no sender.
    pushName: sender === 'me' ? undefined : (info.pushName ?? undefined),
    live,
    broadcast: info.broadcast === true
  }
}

/** The name that the author of a message uses, which comes beside the content. */
export const pushNameOf = ({ pushName, sender }: Envelope): ReadonlyArray<Fact> =>
  sender === 'me' || pushName === undefined || pushName === ''
    ? []
    : [{ kind: 'contact', person: sender, pushName }]
