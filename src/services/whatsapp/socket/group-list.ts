// Names and admins of all groups an account is in, fetched when a connection opens.
import type { WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { nameOf } from './baileys-errors.ts'
import type { ConnectionRuntime } from './runtime.ts'

/** Changes of groups arrive as notifications; fetching all groups at every reconnection would be too often. */
const LIFETIME_MS = 60 * 60 * 1000

/** When the groups of an account were fetched last, milliseconds since 1970. */
export interface GroupListAge {
  fetchedAt: number
}

/** Fetches the groups unless that was done lately; the answer comes as events of the socket. */
export const fetchGroups = (
  socket: WASocket,
  runtime: ConnectionRuntime,
  age: GroupListAge,
  now: () => number
): void => {
  if (age.fetchedAt > now() - LIFETIME_MS) return
  socket.groupFetchAllParticipating().then(
    () => {
      age.fetchedAt = now()
    },
    (cause: unknown) => runtime.fork(Effect.logDebug('Groups could not be fetched', nameOf(cause)))
  )
}
