// The tokens in a history chunk: those that contacts gave this account, and the salt of those that it makes itself. WhatsApp wants
// one of the two with a message to somebody who has not written.
import type { proto } from '@whiskeysockets/baileys'
import { isLidJid, isPersonJid } from '../../../domain/jid.ts'
import { bytesField } from '../../../domain/protobuf.ts'
import { address } from './address.ts'
import { numberOf } from './numbers.ts'

/** What a contact gave this account, as a sign that it may write. */
export interface ContactToken {
  /** The contact: the LID where it is known. */
  readonly jid: string
  readonly token: Uint8Array
  /** When the contact gave it, seconds since 1970. */
  readonly givenAt: number
  /** When this account last gave the contact one, seconds since 1970. */
  readonly sentAt: number | undefined
}

export interface PrivacyTokens {
  readonly contacts: ReadonlyArray<ContactToken>
  readonly salt: Uint8Array | undefined
}

/** Bytes. Neither is much longer than a hash. */
const LONGEST = 1024

const usable = (bytes: Uint8Array | null | undefined): Uint8Array | undefined =>
  bytes && bytes.length > 0 && bytes.length <= LONGEST ? bytes : undefined

/** A field of chunks that Baileys' classes do not know. */
const SALT = 19

const tokenOf = (
  conversation: proto.IConversation,
  lids: ReadonlyMap<string, string>
): ReadonlyArray<ContactToken> => {
  const token = usable(conversation.tcToken)
  const givenAt = numberOf(conversation.tcTokenTimestamp) ?? 0
  const person = address(conversation.id, conversation.lidJid, conversation.accountLid, conversation.pnJid)
  if (token === undefined || givenAt <= 0 || person === undefined || !isPersonJid(person.jid)) return []
  const { alt, jid } = person
  const lid = [jid, alt, lids.get(jid)].find(one => one !== undefined && isLidJid(one))
  const sentAt = numberOf(conversation.tcTokenSenderTimestamp)
  return [{ jid: lid ?? jid, token, givenAt, sentAt: sentAt === null || sentAt <= 0 ? undefined : sentAt }]
}

/** `encoded` are the chunk's bytes as the phone encoded them. */
export const privacyTokensIn = (chunk: proto.IHistorySync, encoded: Uint8Array): PrivacyTokens => {
  const lids = new Map(
    (chunk.phoneNumberToLidMappings ?? []).flatMap(({ lidJid, pnJid }) =>
      pnJid && lidJid ? [[pnJid, lidJid]] : []
    )
  )
  return {
    contacts: (chunk.conversations ?? []).flatMap(conversation => tokenOf(conversation, lids)),
    salt: usable(bytesField(encoded, SALT))
  }
}
