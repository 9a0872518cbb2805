// What WhatsApp refuses of a linked device's messages to people: addresses in the wrong form, and messages without a token.
import type { Companion } from '../../state/account.ts'
import type { Network } from '../../state/network.ts'
import { givenToken, ownToken } from '../../state/tokens.ts'
import { type BinaryNode, child, childBytes, children } from '../../wire/binary-node.ts'
import {
  type Addressing,
  HOSTED_LID_SERVER,
  HOSTED_SERVER,
  LID_SERVER,
  parseJid,
  PHONE_SERVER,
  STATUS_JID
} from '../../wire/jid.ts'

/** The error WhatsApp also answers to messages that would start a conversation the account may not start. */
const REFUSED = 463
const BAD_REQUEST = 400

const FORMS: ReadonlyMap<string, Addressing> = new Map([
  [PHONE_SERVER, 'pn'],
  [HOSTED_SERVER, 'pn'],
  [LID_SERVER, 'lid'],
  [HOSTED_LID_SERVER, 'lid']
])

const formOf = (jid: string | undefined): Addressing | undefined => FORMS.get(parseJid(jid)?.server ?? '')

/** The error a message to a person is refused with because of its addresses. */
export const addressRefusal = ({ account }: Companion, node: BinaryNode): number | undefined => {
  const devices = children(child(node, 'participants'), 'to')
  if (node.attrs.to === STATUS_JID)
    return new Set(devices.map(({ attrs }) => formOf(attrs.jid))).size > 1 ? BAD_REQUEST : undefined
  const form = formOf(node.attrs.to)
  if (form === undefined) return undefined
  if (devices.some(({ attrs }) => formOf(attrs.jid) !== form)) return BAD_REQUEST
  if (form === 'lid') return account.directAddressing === 'number' ? BAD_REQUEST : undefined
  return account.directAddressing === 'lid' ? REFUSED : undefined
}

/** The error a message is refused with that carries no token, where the account needs one. */
export const tokenRefusal = (
  network: Network,
  { account }: Companion,
  node: BinaryNode
): number | undefined => {
  const recipient = formOf(node.attrs.to) === undefined ? undefined : network.directory.find(node.attrs.to)
  if (!account.requiresTokens || recipient === undefined || recipient === account) return undefined
  const isGiven = childBytes(node, 'tctoken')?.equals(givenToken(recipient)) === true
  const isOwn = childBytes(node, 'cstoken')?.equals(ownToken(account, recipient)) === true
  return isGiven || isOwn ? undefined : REFUSED
}
