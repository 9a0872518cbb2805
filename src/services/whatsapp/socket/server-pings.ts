// WhatsApp asks now and then whether this device is still there. Baileys leaves that unanswered.
import { type BinaryNode, getBinaryNodeChild, S_WHATSAPP_NET, type WASocket } from '@whiskeysockets/baileys'
import { isStanza } from './own-stanzas.ts'

/** An answer to a ping of our own is none; one without a type is. */
const isPing = (stanza: BinaryNode): boolean => {
  const { tag, attrs } = stanza
  const { type = 'get', xmlns } = attrs
  if (tag !== 'iq' || type !== 'get') return false
  return xmlns === 'urn:xmpp:ping' || getBinaryNodeChild(stanza, 'ping') !== undefined
}

const answer = ({ attrs: { from = S_WHATSAPP_NET, id } }: BinaryNode): BinaryNode => ({
  tag: 'iq',
  attrs: { to: from, type: 'result', ...(id === undefined ? {} : { id }) }
})

export const answerPings = (socket: WASocket): void => {
  socket.ws.on('frame', (frame: unknown) => {
    if (isStanza(frame) && isPing(frame)) socket.sendNode(answer(frame)).catch(() => undefined)
  })
}
