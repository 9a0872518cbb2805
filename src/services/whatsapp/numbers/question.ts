// The question to WhatsApp who has a phone number (`usync`, protocol `contact`), and what it answers: the address of the account,
// which may be written differently from the number that was asked for.
import {
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  S_WHATSAPP_NET
} from '@whiskeysockets/baileys'
import { chatJid, isLidJid, isPhoneJid, userOf } from '../../../domain/jid.ts'
import type { NumberAnswer } from './answers.ts'

/** `sid` names the question; any text that was not used before on the connection. */
export const numberQuestion = (phoneJids: ReadonlyArray<string>, sid: string): BinaryNode => ({
  tag: 'iq',
  attrs: { to: S_WHATSAPP_NET, type: 'get', xmlns: 'usync' },
  content: [
    {
      tag: 'usync',
      attrs: { context: 'interactive', mode: 'query', sid, last: 'true', index: '0' },
      content: [
        {
          tag: 'query',
          attrs: {},
          content: [
            { tag: 'contact', attrs: {} },
            { tag: 'lid', attrs: {} }
          ]
        },
        {
          tag: 'list',
          attrs: {},
          content: phoneJids.map(jid => ({
            tag: 'user',
            attrs: {},
            content: [{ tag: 'contact', attrs: {}, content: `+${userOf(jid)}` }]
          }))
        }
      ]
    }
  ]
})

const textOf = ({ content }: BinaryNode): string =>
  content instanceof Uint8Array ? Buffer.from(content).toString() : typeof content === 'string' ? content : ''

const digitsOf = (text: string): string => text.replaceAll(/\D/g, '')

/** The addresses of a `user` in the answer, in both forms as far as it names them. */
const addressesOf = (user: BinaryNode) => {
  const jids = [user.attrs['jid'], user.attrs['pn_jid'], getBinaryNodeChild(user, 'lid')?.attrs['val']].map(
    chatJid
  )
  return {
    phone: jids.find(jid => jid !== undefined && isPhoneJid(jid)),
    lid: jids.find(jid => jid !== undefined && isLidJid(jid))
  }
}

/** What the answer says of the numbers that were asked about; nothing of those it does not name. */
export const answersIn = (
  answer: BinaryNode,
  phoneJids: ReadonlyArray<string>,
  at: number
): ReadonlyArray<NumberAnswer> => {
  const asked = new Map(phoneJids.map(jid => [userOf(jid), jid]))
  const list = getBinaryNodeChild(getBinaryNodeChild(answer, 'usync'), 'list')
  return getBinaryNodeChildren(list, 'user').flatMap(user => {
    const contact = getBinaryNodeChild(user, 'contact')
    const { lid = null, phone } = addressesOf(user)
    // The answer repeats the number as it was asked for; without that it can only be about its own address.
    const askedJid = asked.get(digitsOf(contact === undefined ? '' : textOf(contact)) || userOf(phone ?? '@'))
    const isIn = contact?.attrs['type'] === 'in'
    if (askedJid === undefined || (!isIn && contact?.attrs['type'] !== 'out')) return []
    return [
      isIn
        ? { askedJid, jid: phone ?? lid ?? askedJid, lid, answeredAt: at }
        : { askedJid, jid: null, lid: null, answeredAt: at }
    ]
  })
}
