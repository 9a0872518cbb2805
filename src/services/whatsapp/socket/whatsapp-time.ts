// What WhatsApp says the time is: when it lets a connection in, and whenever it answers a keep-alive. Times of other stanzas are not
// used: they are of messages that may have waited, and of what other people claim.
import { type BinaryNode, type ConnectionState, S_WHATSAPP_NET, type WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import type { SteadyTime } from '../../process/steady-clock.ts'
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

/** Asks with a keep-alive. */
const askForTime = (time: SteadyTime, socket: WASocket, timeoutMs: number) =>
  Effect.suspend(() => {
    const answered = time.asked()
    return Effect.tryPromise(() =>
      socket.query(
        {
          tag: 'iq',
          attrs: { id: socket.generateMessageTag(), to: S_WHATSAPP_NET, type: 'get', xmlns: 'w:p' },
          content: [{ tag: 'ping', attrs: {} }]
        },
        timeoutMs
      )
    ).pipe(
      Effect.map(answer => {
        const told = isStanza(answer) ? timeToldBy(answer) : undefined
        if (told !== undefined) answered(told)
      })
    )
  }).pipe(Effect.ignore)

/**
 * Passes on what the connection tells of the time until the function it returns is called. WhatsApp is asked after a login that tells
 * none, and when the machine's clock has jumped.
 */
export const followTime = ({ options, runtime, services }: Connection, socket: WASocket): (() => void) => {
  let isTold = false
  const ask = (): void => runtime.fork(askForTime(services.time, socket, options.sendTimeoutMs))
  socket.ws.on('frame', (frame: unknown) => {
    const time = isStanza(frame) ? timeToldBy(frame) : undefined
    if (time === undefined) return
    isTold = true
    services.time.told(time)
  })
  socket.ev.on('connection.update', ({ connection }: Partial<ConnectionState>) => {
    if (connection === 'open' && !isTold) ask()
  })
  return services.time.onDoubt(ask)
}
