// Stores the credentials of a connection as Baileys changes them, one write after the other.
import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { Cause, Effect, Semaphore } from 'effect'
import type { Vault } from '../../vault/vault.ts'
import { encodeCredentials } from './auth-state.ts'
import type { ConnectionRuntime } from './runtime.ts'

export interface CredentialWriter {
  readonly save: () => void
  /** Completes when everything that was to be saved is stored. */
  readonly saved: Effect.Effect<void>
}

export const makeCredentialWriter = (options: {
  readonly accountId: string
  readonly creds: AuthenticationCreds
  readonly vault: Vault['Service']
  readonly runtime: ConnectionRuntime
  readonly onFailure: (cause: unknown) => void
}): CredentialWriter => {
  const { accountId, creds, onFailure, runtime, vault } = options
  const lock = Semaphore.makeUnsafe(1)
  const write = Effect.suspend(() => vault.writeCredentials(accountId, encodeCredentials(creds)))
  const saving = lock.withPermit(
    Effect.catchCause(write, cause => Effect.sync(() => onFailure(Cause.squash(cause))))
  )
  return { save: () => runtime.fork(saving), saved: lock.withPermit(Effect.void) }
}
