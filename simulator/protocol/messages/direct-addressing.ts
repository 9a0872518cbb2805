// By which addresses a linked device may write to a person: what WhatsApp refuses of stanzas that name people in the wrong form.
import type { Companion } from '../../state/account.ts'
import { type BinaryNode, child, children } from '../../wire/binary-node.ts'
import {
  type Addressing,
  HOSTED_LID_SERVER,
  HOSTED_SERVER,
  LID_SERVER,
  parseJid,
  PHONE_SERVER
} from '../../wire/jid.ts'

/** The error WhatsApp also answers to messages that would start a conversation the account may not start. */
const NUMBER_REFUSED = 463
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
  const form = formOf(node.attrs.to)
  if (form === undefined) return undefined
  const devices = children(child(node, 'participants'), 'to')
  if (devices.some(({ attrs }) => formOf(attrs.jid) !== form)) return BAD_REQUEST
  if (form === 'lid') return account.directAddressing === 'number' ? BAD_REQUEST : undefined
  return account.directAddressing === 'lid' ? NUMBER_REFUSED : undefined
}
