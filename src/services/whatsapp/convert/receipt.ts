// Receipts: who got, read or played which messages; and what the owner read on the phone.
import { type BinaryNode, getAllBinaryNodeChildren, getBinaryNodeChildren } from '@whiskeysockets/baileys'
import { Schema } from 'effect'
import type { Fact } from '../../../domain/fact.ts'
import {
  isBroadcastListJid,
  isGroupJid,
  isPersonJid,
  isStatusJid,
  namesWriters
} from '../../../domain/jid.ts'
import { address, memberAddress, partyOf, type Self } from './address.ts'
import { millisecondsOf, secondsToMilliseconds } from './numbers.ts'

type Attributes = Readonly<Record<string, string>>

const RECEIPT_STATUS: Readonly<Record<string, 'delivered' | 'read' | 'played'>> = {
  '': 'delivered',
  delivery: 'delivered',
  inactive: 'delivered',
  read: 'read',
  'read-self': 'read',
  played: 'played',
  'played-self': 'played'
}

/** A member's part of a receipt in which WhatsApp gathers those of a group for one message or several; `t` in seconds. */
export const MemberReceipt = Schema.Struct({
  id: Schema.String,
  participant: Schema.String,
  t: Schema.optionalKey(Schema.String)
})
export type MemberReceipt = typeof MemberReceipt.Type

/** What is kept of a receipt's stanza. */
export interface ReceiptSource {
  readonly self: Self
  readonly attributes: Attributes
  readonly ids: ReadonlyArray<string>
  readonly gathered?: ReadonlyArray<MemberReceipt>
}

/** Groups have at most 1,024 members; a device that was away for long gets many messages' receipts at once. */
const MOST_GATHERED = 20_000

/** The receipts that a stanza without a participant gathers. */
export const gatheredReceipts = (node: BinaryNode): ReadonlyArray<MemberReceipt> => {
  if (node.attrs['participant'] !== undefined) return []
  return getBinaryNodeChildren(node, 'participants')
    .flatMap(list =>
      getBinaryNodeChildren(list, 'user').flatMap(({ attrs: { jid, t } }): ReadonlyArray<MemberReceipt> => {
        const id = list.attrs['key'] ?? node.attrs['id']
        if (id === undefined || jid === undefined) return []
        return [{ id, participant: jid, ...(t === undefined ? {} : { t }) }]
      })
    )
    .slice(0, MOST_GATHERED)
}

/** The stanza ids a receipt is about: its own and those of its list. */
export const receiptIds = (node: BinaryNode): ReadonlyArray<string> => {
  const [list] = getAllBinaryNodeChildren(node)
  const items =
    list === undefined ? [] : getBinaryNodeChildren(list, 'item').flatMap(item => item.attrs['id'] ?? [])
  return [...new Set([...(node.attrs['id'] === undefined ? [] : [node.attrs['id']]), ...items])]
}

/** The chat that a receipt is about, as the receipts of people in it name it. */
const chatOfReceipt = (self: Self, attributes: Attributes) => {
  const { from, participant, recipient } = attributes
  const chat = address(from)
  if (chat === undefined) return undefined
  if (namesWriters(chat.jid)) return chat
  // A list is no chat: the other side is. Own devices name it as the recipient, everybody else is the participant.
  const named = isBroadcastListJid(chat.jid)
    ? [recipient, participant]
    : partyOf(self, chat) === 'me'
      ? [recipient, participant]
      : [from]
  return named
    .map(jid => address(jid))
    .find(who => who !== undefined && isPersonJid(who.jid) && partyOf(self, who) !== 'me')
}

interface Confirmation extends Pick<ReceiptSource, 'self' | 'ids'> {
  readonly attributes: Attributes
}

/** What one receipt of one person says. */
const factsOfConfirmation = ({ attributes, ids, self }: Confirmation): ReadonlyArray<Fact> => {
  const { from, participant, type = '', t } = attributes
  const status = Object.hasOwn(RECEIPT_STATUS, type) ? RECEIPT_STATUS[type] : undefined
  const chat = chatOfReceipt(self, attributes)
  if (status === undefined || chat === undefined) return []
  const who = participant === undefined ? address(from) : memberAddress(participant)
  if (who === undefined || isGroupJid(who.jid)) return []
  // The account's own phone or another of its devices read somebody's messages.
  if (partyOf(self, who) === 'me') {
    // Statuses are never unread.
    if (status === 'delivered' || isStatusJid(chat.jid)) return []
    const at = millisecondsOf(secondsToMilliseconds(t))
    return [{ kind: 'readByMe', chat, upTo: { whatsAppIds: ids }, at }]
  }
  const at = millisecondsOf(secondsToMilliseconds(t)) ?? 0
  return [{ kind: 'receipt', chat, recipient: who, whatsAppIds: ids, status, at }]
}

export const factsOfReceipt = ({ attributes, gathered, ids, self }: ReceiptSource): ReadonlyArray<Fact> =>
  gathered === undefined
    ? factsOfConfirmation({ self, attributes, ids })
    : gathered.flatMap(({ id, ...member }) =>
        factsOfConfirmation({ self, attributes: { ...attributes, ...member }, ids: [id] })
      )
