// Sends the bytes of a request as they are, over a connection of its own, and reads what comes back.
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export interface RawRequest {
  /** Written one after another, with a pause in between. */
  readonly parts: ReadonlyArray<Uint8Array>
  /** Milliseconds. */
  readonly pauseMs?: number
  /** The client hangs up once it has written everything. */
  readonly hangsUp?: boolean
  /** The client writes no more, and says so. */
  readonly closesItsSide?: boolean
  /** How long it waits for the end of the answer, in milliseconds. */
  readonly patienceMs: number
}

export interface RawAnswer {
  /** Of each answer on the connection, in their order. */
  readonly statuses: ReadonlyArray<number>
  readonly text: string
  /** Whether the server ended the connection, or the answer was complete. */
  readonly isComplete: boolean
}

/** No answer is read any further than this. */
const LONGEST_ANSWER = 256 * 1024

const STATUS = /HTTP\/1\.[01] (\d{3}) /g

export const sendRaw = async (url: URL, request: RawRequest): Promise<RawAnswer> => {
  const socket = connect(Number(url.port), url.hostname)
  socket.setNoDelay(true)
  let text = ''
  const over = Promise.withResolvers<boolean>()
  socket.setEncoding('latin1').on('data', (data: string) => {
    text += data
    if (text.length > LONGEST_ANSWER) over.resolve(true)
  })
  socket.on('error', () => over.resolve(true))
  socket.on('close', () => over.resolve(true))
  const timer = setTimeout(() => over.resolve(false), request.patienceMs)
  const write = async (): Promise<void> => {
    for (const part of request.parts) {
      if (socket.destroyed) return
      if (!socket.write(part))
        await Promise.race([new Promise(resolve => socket.once('drain', resolve)), over.promise])
      if (request.pauseMs !== undefined) await pause(request.pauseMs)
    }
    if (request.hangsUp === true) over.resolve(true)
    else if (request.closesItsSide === true) socket.end()
  }
  const [isComplete] = await Promise.all([over.promise, write()])
  clearTimeout(timer)
  socket.destroy()
  const statuses = [...text.matchAll(STATUS)].map(([, status]) => Number(status))
  return { statuses, text: Buffer.from(text, 'latin1').toString('utf8'), isComplete }
}
