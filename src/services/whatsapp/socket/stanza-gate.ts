// Holds back from Baileys what has to be durable first: a stanza reaches Baileys' handlers only after it was recorded.
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'

export type StanzaKind = 'CB:message' | 'CB:receipt' | 'CB:notification' | 'CB:call'

/** Records a stanza; `undefined` when it need not be recorded. Rejects when it cannot be recorded. */
export type RecordStanza = (kind: StanzaKind, stanza: BinaryNode) => Promise<void> | undefined

/** What Baileys' handlers get of a stanza. */
export type HandedOn = (stanza: BinaryNode) => BinaryNode

/** Puts `record` before the handlers that Baileys has registered. */
export const recordBeforeHandling = (
  socket: WASocket,
  record: RecordStanza,
  handedOn: HandedOn = stanza => stanza
): void => {
  for (const kind of ['CB:message', 'CB:receipt', 'CB:notification', 'CB:call'] as const) {
    const handlers = socket.ws.listeners(kind)
    socket.ws.removeAllListeners(kind)
    socket.ws.on(kind, (stanza: BinaryNode) => {
      const handle = () => {
        for (const handler of handlers) Reflect.apply(handler, socket.ws, [handedOn(stanza)])
      }
      const recorded = record(kind, stanza)
      if (recorded === undefined) handle()
      // What cannot be recorded is not handled either, and so never acknowledged: WhatsApp delivers it again.
      else recorded.then(handle, () => undefined)
    })
  }
}
