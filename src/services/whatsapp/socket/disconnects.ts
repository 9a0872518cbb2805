// How connections end: by WhatsApp, by the network, or by this server; and closing a socket.
import type { WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import type { ConnectionEvent } from '../../../domain/connection.ts'
import { disconnectRow } from '../../../domain/disconnect.ts'
import { networkTrouble, statusCodeOf } from './baileys-errors.ts'

export type SocketClosed = Extract<ConnectionEvent, { type: 'socket.closed' }>

/** This server's own code: a phone was linked whose number is not that of the account. */
const OTHER_NUMBER = 1
/** This server's own code: Baileys threw where nobody catches. */
const LIBRARY_FAULT = 2

/** Times are milliseconds since 1970. */
export const otherNumberLinked = (at: number): SocketClosed => ({
  type: 'socket.closed',
  verdict: 'loggedOut',
  disconnect: {
    code: OTHER_NUMBER,
    reason:
      'Another phone number was linked than this account belongs to. Its conversations would be mixed: create an account of its own for it',
    at
  }
})

export const isOtherNumber = ({ disconnect }: SocketClosed): boolean => disconnect.code === OTHER_NUMBER

export const libraryFault = (at: number): SocketClosed => ({
  type: 'socket.closed',
  verdict: 'retry',
  disconnect: { code: LIBRARY_FAULT, reason: 'A fault inside the WhatsApp library', at }
})

/** The connection ended with this error of Baileys. */
export const connectionLost = (error: unknown, at: number): SocketClosed => {
  const code = statusCodeOf(error)
  const { reason, verdict } = disconnectRow(code)
  return {
    type: 'socket.closed',
    verdict,
    disconnect: { code, reason: networkTrouble(error) ?? reason, at }
  }
}

/** The connection was not opened. */
export const notOpened = (reason: string, at: number): SocketClosed => ({
  type: 'socket.closed',
  verdict: 'retry',
  disconnect: { code: 0, reason: `Not connected: ${reason}`, at }
})

/** The incident of a fault inside Baileys. */
export const LIBRARY_CRASH = {
  kind: 'account.crashed',
  severity: 'warning',
  happened: 'A fault inside the WhatsApp library ended the connection of this account',
  did: 'It is opened anew, later each time it happens; the other accounts were not touched',
  advice: 'Nothing, unless it happens again and again: then report it with the log'
} as const

const CLOSE_TIMEOUT = '3 seconds'

/** Ends the socket and waits until its connection is really closed, so that there are never two. */
export const closeSocket = (socket: WASocket): Effect.Effect<void> =>
  Effect.promise(async () => {
    await socket.end(undefined).catch(() => undefined)
    if (socket.ws.isClosed) return
    await socket.ws.close().catch(() => undefined)
  }).pipe(Effect.timeoutOrElse({ duration: CLOSE_TIMEOUT, orElse: () => Effect.void }))
