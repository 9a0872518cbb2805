// What makes receiving durable. Baileys acknowledges a message right after decrypting it, so decryption is where it is taken down: the
// Signal ratchet step and the plaintext go into one transaction, and Baileys' receipt waits for it (see frame-hold.ts). Stanzas that no
// decryption takes down are recorded before Baileys handles them.
import type { AuthenticationCreds, BinaryNode, SignalKeyStore, SocketConfig } from '@whiskeysockets/baileys'
import type { Journal } from '../../journal/journal.ts'
import type { KeyChanges } from '../../vault/key-changes.ts'
import type { Vault } from '../../vault/vault.ts'
import type { Self } from '../convert/message.ts'
import { encodeCredentials, reservePreKeys } from './auth-state.ts'
import { makeDurableDecryption } from './durable-decryption.ts'
import type { When } from './frame-hold.ts'
import { makeJournalWriter } from './journal-writer.ts'
import { makePendingDecryptions } from './pending-decryptions.ts'
import type { ConnectionRuntime } from './runtime.ts'
import { makeSignalKeys, type RunPromise } from './signal-keys.ts'
import type { RecordStanza } from './stanza-gate.ts'
import { makeStanzaRecording } from './stanza-recording.ts'
import { makeStorageGuard } from './storage-guard.ts'

const GIVEN_UP = 'It was given up before it was decrypted'

export interface DurableReceive {
  /** For Baileys' socket, which stores more than Signal state here. */
  readonly keys: SignalKeyStore
  readonly makeSignalRepository: SocketConfig['makeSignalRepository']
  /** To be called with each stanza before Baileys handles it. After a failure nothing may be acknowledged any more. */
  readonly record: RecordStanza
  /** Runs an effect on the database; once one has failed, nothing can be recorded. */
  readonly run: RunPromise
  /** Whether recording has failed, or the connection is over. */
  readonly cannotRecord: () => boolean
  /** Whether a peer message could not be decrypted: Baileys is not to see it. */
  readonly isUnreadPeer: (stanza: BinaryNode) => boolean
  /** To be called when Baileys has handled a stanza: a message that it gave up without having decrypted it is written down. */
  readonly handled: (stanza: BinaryNode) => void
  /** Keeps a stanza that could not be handled, for a version that can; throws once the connection is over. */
  readonly keepFaulty: (stanza: BinaryNode) => void
  /** Expects no more decryptions: the connection is over. */
  readonly abandon: () => void
}

export const makeDurableReceive = (options: {
  readonly accountId: string
  readonly creds: AuthenticationCreds
  readonly self: () => Self
  readonly keepsStatuses: boolean
  readonly keepsViews: boolean
  readonly journal: Journal['Service']
  readonly vault: Vault['Service']
  readonly runtime: ConnectionRuntime
  /** Something has arrived; the function it returns is called when it is written down, or will not be. */
  readonly onArrived: () => () => void
  /** Called after each arrival that waits to be written. */
  readonly onDeferred: (when: When) => void
  /** Journal or vault fail: nothing more may be acknowledged on this connection. */
  readonly onUnwritable: (cause: unknown) => void
}): DurableReceive => {
  const { accountId, creds, journal, onArrived, onDeferred, self, vault } = options
  const storage = makeStorageGuard(options.runtime, options.onUnwritable)
  const pending = makePendingDecryptions(onArrived)
  const writer = makeJournalWriter({ accountId, self, journal, storage, onArrived, onDeferred })
  const decryption = makeDurableDecryption({ accountId, journal, vault, storage, writer, pending })
  const unreadPeers = new WeakSet<BinaryNode>()
  const keys = makeSignalKeys({
    accountId,
    vault,
    run: storage.run,
    commit: decryption.commit,
    credentialsFor: (changes: KeyChanges) =>
      reservePreKeys(creds, changes) ? encodeCredentials(creds) : undefined
  })
  return {
    keys,
    makeSignalRepository: decryption.signalRepository(keys),
    record: makeStanzaRecording({
      writer,
      pending,
      self,
      keepsStatuses: options.keepsStatuses,
      keepsViews: options.keepsViews,
      decryptPeer: decryption.decryptPeer,
      onUnreadPeer: stanza => void unreadPeers.add(stanza)
    }),
    run: storage.run,
    cannotRecord: storage.hasFailed,
    isUnreadPeer: stanza => unreadPeers.has(stanza),
    handled: stanza => {
      if (!pending.isExpected(stanza)) return
      pending.ended(stanza)
      // It is not acknowledged then, and comes again.
      if (storage.hasFailed()) return
      writer.undecryptable(stanza, GIVEN_UP, [JSON.stringify(stanza.attrs)])
    },
    keepFaulty: stanza => {
      pending.ended(stanza)
      writer.stanza('faulty', stanza)
    },
    abandon: pending.clear
  }
}
