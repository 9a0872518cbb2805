// The connections on which accounts are online now: everything that is sent or asked goes through one of these.
import type { WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import type { Restriction } from '../../domain/account.ts'
import type { AccountMemory } from '../process/account-memory.ts'
import { AskRefused, NotConfirmed, NotConnected } from './errors.ts'
import type { Acknowledgements } from './socket/acknowledgements.ts'
import { refusal, refusalCodeOf } from './socket/baileys-errors.ts'
import type { FrameHold } from './socket/frame-hold.ts'
import type { GroupCache } from './socket/group-cache.ts'

export interface OpenConnection {
  readonly socket: WASocket
  readonly acknowledgements: Acknowledgements
  /** What WhatsApp does not let the account do; `null` when it reports no restriction. */
  readonly askRestriction: Effect.Effect<Restriction | null, NotConnected>
  /** A group with its members; `undefined` when WhatsApp does not say. */
  readonly groupMetadata: GroupCache['get']
  /** Resolves when everything so far was sent, and WhatsApp has it unless the connection ends. */
  readonly allSent: FrameHold['left']
}

export interface OpenConnections {
  readonly add: (accountId: string, connection: OpenConnection) => void
  /** Removes the account's connection if it is the one of this socket. */
  readonly remove: (accountId: string, socket: WASocket) => void
  readonly isOpen: (accountId: string, socket: WASocket) => boolean
  readonly isConnected: (accountId: string) => Effect.Effect<boolean>
  readonly get: (accountId: string) => Effect.Effect<OpenConnection, NotConnected>
  /**
   * Why nothing came back: the connection ended, or WhatsApp did not answer on it. Baileys fails what is on its way into a socket before
   * it tells of the socket's end.
   */
  readonly unanswered: (accountId: string, socket: WASocket) => NotConfirmed | NotConnected
  /** Why a question failed with this error of Baileys'. */
  readonly failed: (
    accountId: string,
    socket: WASocket,
    cause: unknown
  ) => AskRefused | NotConfirmed | NotConnected
}

/** Answers that are about everything that is asked at the moment, and pass. */
const TEMPORARY: ReadonlySet<number> = new Set([429, 503])

export const makeOpenConnections = (memory: AccountMemory['Service']): OpenConnections => {
  const open = memory.register('whatsapp.connections', new Map<string, OpenConnection>())
  const isOpen = (accountId: string, socket: WASocket) => open.get(accountId)?.socket === socket
  const unanswered = (accountId: string, socket: WASocket) =>
    isOpen(accountId, socket) && socket.ws.isOpen ? new NotConfirmed({}) : new NotConnected({})
  return {
    add: (accountId, connection) => void open.set(accountId, connection),
    remove: (accountId, socket) => {
      if (isOpen(accountId, socket)) open.delete(accountId)
    },
    isOpen,
    isConnected: accountId => Effect.sync(() => open.has(accountId)),
    get: accountId =>
      Effect.suspend(() => {
        const connection = open.get(accountId)
        return connection === undefined ? Effect.fail(new NotConnected({})) : Effect.succeed(connection)
      }),
    unanswered,
    failed: (accountId, socket, cause) => {
      const code = refusalCodeOf(cause)
      return code !== undefined && TEMPORARY.has(code)
        ? new AskRefused({ reason: refusal(code) })
        : unanswered(accountId, socket)
    }
  }
}
