// Holds back from Baileys what has to be durable first: a stanza reaches Baileys' handlers only after it was recorded. What this
// server handles itself never reaches them.
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'

export type StanzaKind = 'CB:message' | 'CB:receipt' | 'CB:notification' | 'CB:call'

/**
 * Records a stanza: what it returns, if anything, completes when that is done. Throws or rejects when it cannot be recorded. What is
 * recorded is written before the next frame leaves.
 */
export type RecordStanza = (kind: StanzaKind, stanza: BinaryNode) => Promise<void> | undefined

/** What Baileys' handlers get of a stanza. */
export type HandedOn = (stanza: BinaryNode) => BinaryNode

/** Calls `turn` when it is the turn of the stanza's sender. */
export type TakeTurn = (kind: StanzaKind, stanza: BinaryNode, turn: () => Promise<void>) => void

export interface OwnHandling {
  /** Whether Baileys is not to see the stanza. */
  readonly isOwn: (kind: StanzaKind, stanza: BinaryNode) => boolean
  /** Called instead, when the stanza is recorded. */
  readonly handle: (stanza: BinaryNode) => void
}

export interface StanzaGate {
  readonly record: RecordStanza
  /** Whether nothing can be recorded any more: what fails then is no fault of the stanza. */
  readonly cannotRecord: () => boolean
  readonly own: OwnHandling
  /** Called with each stanza that Baileys has handled. */
  readonly handled: (stanza: BinaryNode) => void
  readonly handedOn: HandedOn
  readonly turnOf: TakeTurn
}

/**
 * Puts `record` before the handlers that Baileys has registered, and `own` in their place where it says so. Each stanza waits for its
 * sender's turn. A stanza on which `record` or a handler fails rejects its turn.
 */
export const recordBeforeHandling = (
  socket: WASocket,
  { cannotRecord, handedOn, handled, own, record, turnOf }: StanzaGate
): void => {
  for (const kind of ['CB:message', 'CB:receipt', 'CB:notification', 'CB:call'] as const) {
    const handlers = socket.ws.listeners(kind)
    socket.ws.removeAllListeners(kind)
    const handle = async (stanza: BinaryNode): Promise<void> => {
      if (own.isOwn(kind, stanza)) return own.handle(stanza)
      for (const handler of handlers) await Reflect.apply(handler, socket.ws, [handedOn(stanza)])
      handled(stanza)
    }
    const recordAndHandle = async (stanza: BinaryNode): Promise<void> => {
      try {
        const recorded = record(kind, stanza)
        if (recorded !== undefined) await recorded
      } catch (cause) {
        if (!cannotRecord()) throw cause
        // It is not handled either, and so never acknowledged: WhatsApp delivers it again.
        return
      }
      await handle(stanza)
    }
    socket.ws.on(kind, (stanza: BinaryNode) => turnOf(kind, stanza, () => recordAndHandle(stanza)))
  }
}
