// WhatsApp's app state: names of contacts and settings of chats that all devices of an account share.
import { ALL_WA_PATCH_NAMES, type WASocket } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { nameOf } from './baileys-errors.ts'
import type { ConnectionRuntime } from './runtime.ts'

/** Fetches what changed; the first time, all of it. What it says comes as events of the socket. */
export const syncAppState = (socket: WASocket, runtime: ConnectionRuntime, isFirst: boolean): void => {
  socket
    .resyncAppState(ALL_WA_PATCH_NAMES, isFirst)
    .catch((cause: unknown) =>
      runtime.fork(Effect.logWarning('Names and settings of chats could not be fetched', nameOf(cause)))
    )
}
