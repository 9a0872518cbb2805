// What waited for this device while it was away. WhatsApp may hold it back beyond what it was asked for; Baileys asks once.
import { getBinaryNodeChild, type WASocket } from '@whiskeysockets/baileys'
import { isStanza } from './own-stanzas.ts'

/** As many as Baileys asks for. */
const BATCH = 100
/** Asked for before the last batch is through: nothing has to wait for the answer. */
const ASKED_AFTER = BATCH / 2

const REQUEST = {
  tag: 'ib',
  attrs: {},
  content: [{ tag: 'offline_batch', attrs: { count: String(BATCH) } }]
}

/** Asks for the next batch as long as they come, until WhatsApp says that all has come. */
export const askForBatches = (socket: WASocket): void => {
  let isWaiting = false
  let came = 0
  socket.ws.on('frame', (frame: unknown) => {
    if (!isStanza(frame)) return
    if (frame.tag === 'ib') {
      if (getBinaryNodeChild(frame, 'offline_preview') !== undefined) isWaiting = true
      if (getBinaryNodeChild(frame, 'offline') !== undefined) isWaiting = false
      return
    }
    if (!isWaiting || frame.attrs['offline'] === undefined) return
    came += 1
    if (came % ASKED_AFTER === 0) socket.sendNode(REQUEST).catch(() => undefined)
  })
}
