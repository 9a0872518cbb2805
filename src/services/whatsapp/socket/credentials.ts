// Stores the credentials of a connection as Baileys changes them, and what a link makes of the account, one write after the other.
// Frames wait for it: a phone whose device this server does not know after a crash would have to remove it and link again.
import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { Effect, Semaphore } from 'effect'
import type { Vault } from '../../vault/vault.ts'
import { encodeCredentials } from './auth-state.ts'
import { ConnectionOver, type ConnectionRuntime } from './runtime.ts'

export interface CredentialWriter {
  readonly save: () => void
  /** The same for something that belongs to the credentials. */
  readonly store: (write: Effect.Effect<void, Error>) => void
  /** Completes when everything that was to be stored is. */
  readonly saved: Effect.Effect<void>
  /** Resolves when everything that was to be stored is, and never if something could not be; `undefined` when nothing waits. */
  readonly unsaved: () => Promise<void> | undefined
}

/** The connection is cut: nothing more is to leave on it. */
const NEVER = new Promise<void>(() => undefined)

export const makeCredentialWriter = (options: {
  readonly accountId: string
  readonly creds: AuthenticationCreds
  readonly vault: Vault['Service']
  readonly runtime: ConnectionRuntime
  readonly onFailure: (cause: unknown) => void
}): CredentialWriter => {
  const { accountId, creds, onFailure, runtime, vault } = options
  const lock = Semaphore.makeUnsafe(1)
  let last: Promise<void> | undefined
  let hasFailed = false

  const store: CredentialWriter['store'] = write => {
    const ended = (): void => {
      if (last === storing) last = undefined
    }
    const storing: Promise<void> = runtime.run(lock.withPermit(write)).then(ended, (cause: unknown) => {
      if (!(cause instanceof ConnectionOver)) {
        hasFailed = true
        onFailure(cause)
      }
      ended()
    })
    last = storing
  }

  return {
    save: () => store(Effect.suspend(() => vault.writeCredentials(accountId, encodeCredentials(creds)))),
    store,
    saved: lock.withPermit(Effect.void),
    unsaved: () => (hasFailed ? NEVER : last)
  }
}
