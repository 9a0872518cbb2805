// What WhatsApp says the time is: when it lets a connection in, and whenever it answers a keep-alive. Times of other stanzas are not
// used: they are of messages that may have waited, and of what other people claim.
import { type BinaryNode, type ConnectionState, S_WHATSAPP_NET, type WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import type { Connection } from './connection-context.ts'
import { isStanza } from './own-stanzas.ts'

/** What is outside of these is no time of WhatsApp's: seconds since 1970, the beginnings of 2024 and 2100. */
const FIRST_S = 1_704_067_200
const LAST_S = 4_102_444_800

/** WhatsApp leaves out what is less than a second: on average half of one. */
const LEFT_OUT_MS = 500

/** The time that a stanza tells, milliseconds since 1970; `undefined` when it tells none that can be used. */
export const timeToldBy = ({ attrs, tag }: BinaryNode): number | undefined => {
  // As it is on the wire, and as Baileys writes it.
  const isFromServer = attrs['from'] === S_WHATSAPP_NET || attrs['from'] === S_WHATSAPP_NET.slice(1)
  const isAnswer = tag === 'iq' && attrs['type'] === 'result' && isFromServer
  if (tag !== 'success' && !isAnswer) return undefined
  const t = attrs['t'] ?? ''
  const seconds = /^\d{1,12}$/.test(t) ? Number(t) : 0
  return seconds >= FIRST_S && seconds <= LAST_S ? seconds * 1000 + LEFT_OUT_MS : undefined
}

/**
 * Passes on what the connection tells of the time until the function it returns is called. WhatsApp is asked, with a keep-alive, after a
 * login that tells none, and when the machine's clock has jumped.
 */
export const followTime = ({ options, runtime, services }: Connection, socket: WASocket): (() => void) => {
  let isTold = false
  /** What takes the answers to our own questions, by the id of the query. */
  const asked = new Map<string, (time: number) => void>()
  const ask = (): void => {
    const id = socket.generateMessageTag()
    const ping: BinaryNode = {
      tag: 'iq',
      attrs: { id, to: S_WHATSAPP_NET, type: 'get', xmlns: 'w:p' },
      content: [{ tag: 'ping', attrs: {} }]
    }
    asked.set(id, services.time.asked())
    runtime.fork(
      Effect.tryPromise(() => socket.query(ping, options.sendTimeoutMs)).pipe(
        Effect.ignore,
        Effect.ensuring(Effect.sync(() => asked.delete(id)))
      )
    )
  }
  socket.ws.on('frame', (frame: unknown) => {
    if (!isStanza(frame)) return
    const time = timeToldBy(frame)
    if (time === undefined) return
    isTold = true
    const learn = asked.get(frame.attrs['id'] ?? '') ?? services.time.told
    learn(time)
  })
  socket.ev.on('connection.update', ({ connection }: Partial<ConnectionState>) => {
    if (connection === 'open' && !isTold) ask()
  })
  return services.time.onDoubt(ask)
}
