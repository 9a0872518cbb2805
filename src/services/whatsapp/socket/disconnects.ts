// How connections end: by WhatsApp, by the network, or by this server; and closing a socket.
import type { WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import type { ConnectionEvent } from '../../../domain/connection.ts'
import { type ConnectionEnd, disconnectRow, OWN_CODES } from '../../../domain/disconnect.ts'
import { endOfError, networkTrouble } from './baileys-errors.ts'
import type { WhatsAppEnd } from './end-stanzas.ts'
import type { AfterRefusal } from '../version/client-version.ts'
import { formatVersion } from '../version/version.ts'

export type SocketClosed = Extract<ConnectionEvent, { type: 'socket.closed' }>

/** `at` is milliseconds since 1970; `reason` takes the place of the usual words for such an end. */
const closedBy = (end: ConnectionEnd, at: number, reason?: string): SocketClosed => {
  const row = disconnectRow(end)
  return {
    type: 'socket.closed',
    verdict: row.verdict,
    disconnect: {
      code: end.code,
      source: end.source,
      condition: end.condition ?? null,
      reason: reason ?? row.reason,
      at
    }
  }
}

const byThisServer = (code: number, at: number, reason?: string): SocketClosed =>
  closedBy({ source: 'server', code }, at, reason)

/** A phone was linked whose number is not that of the account. Times are milliseconds since 1970. */
export const otherNumberLinked = (at: number): SocketClosed => byThisServer(OWN_CODES.otherNumber, at)

export const isOtherNumber = ({ disconnect }: SocketClosed): boolean =>
  disconnect.source === 'server' && disconnect.code === OWN_CODES.otherNumber

/** Baileys threw where nobody catches. */
export const libraryFault = (at: number): SocketClosed => byThisServer(OWN_CODES.libraryFault, at)

/** What was received cannot be written down: nothing may be acknowledged any more. */
export const storageFailed = (at: number): SocketClosed => byThisServer(OWN_CODES.storage, at)

/** WhatsApp answers keep-alives, and nothing else any more. */
export const deafConnection = (at: number): SocketClosed => byThisServer(OWN_CODES.deaf, at)

/** WhatsApp answers nothing any more. */
export const silentConnection = (at: number): SocketClosed => closedBy({ source: 'network', code: 408 }, at)

/** WhatsApp ended the connection, in its own words. */
export const endedByWhatsApp = ({ suspension, ...end }: WhatsAppEnd, at: number): SocketClosed => ({
  ...closedBy(end, at),
  suspension
})

/** The connection ended with this error of Baileys, without a word of WhatsApp. */
export const connectionLost = (error: unknown, at: number): SocketClosed =>
  closedBy(endOfError(error), at, networkTrouble(error))

/** A newer client version is known, and WhatsApp will refuse the present one. */
export const newerVersion = (version: string, at: number): SocketClosed =>
  byThisServer(OWN_CODES.newerVersion, at, `Connecting again with the newer client version ${version}`)

/** WhatsApp refused the version: another one is tried at once, or a person has to act. */
export const versionRefused = (end: SocketClosed, version: string, after: AfterRefusal): SocketClosed =>
  'next' in after
    ? {
        ...end,
        verdict: 'restart',
        disconnect: {
          ...end.disconnect,
          reason: `WhatsApp refuses the client version ${version}; connecting with ${formatVersion(after.next)}`
        }
      }
    : { ...end, disconnect: { ...end.disconnect, reason: after.reason } }

/** The connection was not opened. */
export const notOpened = (reason: string, at: number): SocketClosed =>
  byThisServer(OWN_CODES.notOpened, at, `Not connected: ${reason}`)

/** Its account, or the server, does not need the connection any more. Nobody is told: they have closed it. */
export const closedHere = (at: number): SocketClosed =>
  byThisServer(OWN_CODES.notOpened, at, 'This server closed the connection')

/** The incident of a fault inside Baileys. */
export const LIBRARY_CRASH = {
  kind: 'account.crashed',
  severity: 'warning',
  happened: 'A fault inside the WhatsApp library ended the connection of this account',
  did: 'It is opened again, later each time it happens; the other accounts were not touched',
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
