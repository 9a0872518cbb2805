// Answers of bots. Baileys refuses them (NACK), and WhatsApp drops what is refused: they are recorded and confirmed here.
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { isBotAnswer } from '../convert/bot-answer.ts'
import type { OwnHandling } from './stanza-gate.ts'

/** As Baileys confirms messages of people while the account is not shown as online. A receipt that is lost is asked for again. */
const confirm = (socket: WASocket, { attrs: { from, id, participant } }: BinaryNode): void => {
  if (from === undefined || id === undefined) return
  socket.sendReceipt(from, participant, [id], 'inactive').catch(() => undefined)
}

export const botAnswers = (socket: WASocket): OwnHandling => ({
  isOwn: (kind, stanza) => kind === 'CB:message' && isBotAnswer(stanza),
  handle: stanza => confirm(socket, stanza)
})
