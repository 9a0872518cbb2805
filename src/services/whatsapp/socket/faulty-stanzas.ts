// Stanzas on which Baileys, or this server, throws. Each is acknowledged, kept as it came, and counted: delivered again, it would end
// in the same fault. The connection stays open: the fault is one sender's, not everybody's.
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { count } from '../../telemetry/metrics.ts'
import { isFault, nameOf } from './baileys-errors.ts'
import type { Connection } from './connection-context.ts'
import type { DurableReceive } from './durable-receive.ts'
import { isKnownStanza } from '../kinds/stanzas.ts'
import { acknowledger, isStanza } from './own-stanzas.ts'

const FAULTY_STANZA = {
  kind: 'stanza.faulty',
  severity: 'warning',
  happened:
    'WhatsApp delivered something that this version of the server, or the library that it uses, fails on',
  did: 'The connection stayed open; what could be decoded was acknowledged and kept in the journal as it came',
  advice:
    'Nothing, unless something is missing in a chat: then report it with the log and the version of this server'
} as const

/** What WhatsApp delivers again until it is acknowledged, of the stanzas that this version knows. */
const ACKNOWLEDGED = new Set(['message', 'status', 'receipt', 'notification', 'call'])

/** What opens or ends a connection: without it the connection is of no use. */
const OF_CONNECTION = new Set(['success', 'failure', 'stream:error', 'xmlstreamend'])

/** As Baileys names the events of its stanzas. */
const isOfStanzas = (event: string | symbol): boolean =>
  typeof event === 'string' && (event === 'frame' || event.startsWith('CB:'))

/**
 * Calls `onFault` with the stanza on which a handler failed: at once, or later in a promise that nobody waits for. What other
 * handlers do, and the stanzas behind it in the same frame, is not touched.
 */
const guardHandlers = (
  { services }: Connection,
  socket: WASocket,
  onFault: (stanza: BinaryNode, reason: unknown) => void
): void => {
  const { ws } = socket
  const emit = ws.emit.bind(ws)
  ws.emit = (event, ...values: ReadonlyArray<unknown>) => {
    const [stanza] = values
    if (!isOfStanzas(event) || !isStanza(stanza)) return emit(event, ...values)
    if (ws.listenerCount(event) === 0) return false
    const fail = (reason: unknown): void => onFault(stanza, reason)
    return services.stray.withHandler(fail, () => {
      try {
        return emit(event, ...values)
      } catch (cause) {
        fail(cause)
        return true
      }
    })
  }
}

/**
 * Calls `onFault` with each frame that Baileys cannot decode. Whose stanza it was is not known then, so that it cannot be acknowledged;
 * the frames behind it that came with it are read all the same.
 */
const guardDecoding = (
  { services }: Connection,
  { ws }: WASocket,
  onFault: (reason: unknown) => void
): void => {
  const listeners = ws.listeners('message')
  ws.removeAllListeners('message')
  const read = async (data: unknown): Promise<void> => {
    for (const listener of listeners) await Reflect.apply(listener, ws, [data])
  }
  const readOn = async (data: unknown): Promise<void> => {
    try {
      await read(data)
    } catch (cause) {
      if (!isFault(cause)) return
      onFault(cause)
      await readOn(new Uint8Array(0))
    }
  }
  ws.on('message', (data: unknown) => {
    // Only what is thrown by decoding comes here: handlers are guarded themselves.
    void services.stray.withHandler(onFault, () => readOn(data))
  })
}

/** To be called when everything else listens to the socket. `endConnection` takes the faults that a connection cannot go on after. */
export const outliveFaultyStanzas = (
  connection: Connection,
  socket: WASocket,
  keep: DurableReceive['keepFaulty'],
  endConnection: (reason: unknown) => void
): void => {
  const { accountId, creds, runtime, services } = connection
  const acknowledge = acknowledger(socket, creds)
  const known = new WeakSet<BinaryNode>()
  const report = (tag: string, reason: unknown): void => {
    runtime.fork(Effect.logWarning(`A stanza could not be handled: ${tag}`, nameOf(reason)))
    runtime.fork(count.faultyStanza(tag))
    runtime.fork(services.incidents.report({ ...FAULTY_STANZA, accountId, subject: accountId }))
  }
  guardDecoding(connection, socket, reason => {
    if (isFault(reason)) report('undecodable', reason)
  })
  guardHandlers(connection, socket, (stanza, reason) => {
    // A query that nobody waits for fails that way when a connection ends.
    if (!isFault(reason) || known.has(stanza)) return
    if (OF_CONNECTION.has(stanza.tag)) return endConnection(reason)
    known.add(stanza)
    report(isKnownStanza(stanza.tag) ? stanza.tag : 'other', reason)
    try {
      keep(stanza)
    } catch {
      // What cannot be kept is not acknowledged: WhatsApp delivers it again.
      return
    }
    if (ACKNOWLEDGED.has(stanza.tag) || !isKnownStanza(stanza.tag)) acknowledge(stanza)
  })
}
