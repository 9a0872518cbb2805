// What a connection is made from, and what its parts share while it lives.
import type { Agent } from 'node:https'
import type { AuthenticationCreds, WASocket } from '@whiskeysockets/baileys'
import type { Semaphore } from 'effect'
import type { ConnectionEvent, Pairing } from '../../../domain/connection.ts'
import { storageTrouble } from '../../incidents/storage-trouble.ts'
import type { OpenConnections } from '../open-connections.ts'
import type { PasskeyCeremony } from '../pairing/passkey.ts'
import type { MediaAnswer } from '../phone/media-reupload.ts'
import type { DeviceCache } from './device-cache.ts'
import { type SocketClosed, storageFailed } from './disconnects.ts'
import type { Contact } from './liveness.ts'
import type { GroupListAge } from './group-list.ts'
import type { WhatsAppOptions } from './options.ts'
import { rawSocketOf } from './raw-socket.ts'
import type { ConnectionRuntime } from './runtime.ts'
import type { ConnectionServices } from './services.ts'
import type { Version } from '../version/version.ts'

/** What an account keeps in memory from one connection to the next. */
export interface AccountResources {
  /** Its one permit is held while the account has a socket. */
  readonly lock: Semaphore.Semaphore
  readonly devices: DeviceCache
  readonly groupList: GroupListAge
  /** When WhatsApp was last heard, and a message last sent. */
  readonly contact: Contact
  /** While a connection links the account. */
  passkey: PasskeyCeremony | undefined
}

export interface ConnectionRequest {
  readonly accountId: string
  readonly creds: AuthenticationCreds
  readonly pairing: Pairing | null
  /** The address of the number this account belongs to, once it was linked. */
  readonly belongsTo: string | undefined
  readonly resources: AccountResources
  /** The client version that this connection introduces itself with. */
  readonly version: Version
  /** The address of the proxy that everything goes through, credentials included; `undefined` connects directly. */
  readonly proxy: string | undefined
  /** The same, for Node's HTTP client and the WebSocket. */
  readonly agent: Agent | undefined
  readonly emit: (event: ConnectionEvent) => void
}

/** What all connections share. */
export interface ConnectionHost {
  readonly options: WhatsAppOptions
  readonly services: ConnectionServices
  readonly connections: OpenConnections
  readonly onMediaAnswer: (accountId: string, answer: MediaAnswer) => void
}

/** One connection while it is set up; `end` closes it with this event, the first time it is called. */
export interface Connection extends ConnectionHost, ConnectionRequest {
  readonly runtime: ConnectionRuntime
  /** Answers whether it was the first call. */
  readonly end: (event: SocketClosed) => boolean
}

/**
 * The database fails: the connection is cut at once, without a closing handshake. Baileys would otherwise tell WhatsApp that
 * the message could not be read.
 */
export const stopAcknowledging = (
  { accountId, end, runtime, services }: Connection,
  socket: WASocket,
  cause: unknown
): void => {
  rawSocketOf(socket)?.terminate()
  end(storageFailed(services.now()))
  const trouble = storageTrouble(accountId, 'Received messages cannot be written down', cause)
  runtime.fork(services.incidents.report(trouble))
  socket
    .end(cause instanceof Error ? cause : new Error('The journal cannot be written'))
    .catch(() => undefined)
}
