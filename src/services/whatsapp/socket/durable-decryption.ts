// A Signal repository whose decryptions are durable: the plaintext is written down in the transaction that stores the ratchet
// step. A message that WhatsApp delivers again is answered from the journal, as its keys are used up.
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  getBinaryNodeChildren,
  getDecryptionJid,
  proto,
  type SignalKeyStoreWithTransaction,
  type SignalRepositoryWithLIDStore,
  type SocketConfig,
  unpadRandomMax16
} from '@whiskeysockets/baileys'
import type { Journal } from '../../journal/journal.ts'
import type { KeyChanges } from '../../vault/key-changes.ts'
import type { Vault } from '../../vault/vault.ts'
import { hasKeyOfOtherChat } from './group-keys.ts'
import { fingerprintOf, type JournalWriter, plaintextOf } from './journal-writer.ts'
import { askBriefly } from './lid-questions.ts'
import type { PendingDecryptions } from './pending-decryptions.ts'
import type { StorageGuard } from './storage-guard.ts'

interface Decryption {
  readonly fingerprint: string
  readonly stanza: BinaryNode | undefined
}

export interface DurableDecryption {
  /** Takes the changes of a Signal transaction, with the plaintext when it was a decryption. They are written before the next frame. */
  readonly commit: (changes: KeyChanges, result: unknown) => Promise<void> | undefined
  readonly signalRepository: (keys: SignalKeyStoreWithTransaction) => SocketConfig['makeSignalRepository']
  /**
   * Decrypts a peer message before Baileys does, which is then given the plaintext. Answers whether it could be; if not, that is
   * written down. Rejects when nothing could be written down.
   */
  readonly decryptPeer: (stanza: BinaryNode) => Promise<boolean>
}

/** An empty message, padded. */
const NOTHING_TO_READ = new Uint8Array([1])

/**
 * What Baileys gets of a plaintext: nothing, when it is no message. It would ask the sender for it again and again; but the sender's
 * own encryption has come to its end, so that the same would come each time. Nothing, either, when it brings the key of another chat.
 * The journal has it as it came.
 */
const handedOn = (plaintext: Uint8Array, stanza: BinaryNode | undefined): Uint8Array => {
  try {
    const message = proto.Message.decode(unpadRandomMax16(plaintext))
    return stanza !== undefined && hasKeyOfOtherChat(message, stanza) ? NOTHING_TO_READ : plaintext
  } catch {
    return NOTHING_TO_READ
  }
}

export const makeDurableDecryption = (options: {
  readonly accountId: string
  readonly journal: Journal['Service']
  readonly vault: Vault['Service']
  readonly storage: StorageGuard
  readonly writer: JournalWriter
  readonly pending: PendingDecryptions
}): DurableDecryption => {
  const { accountId, journal, pending, storage, vault, writer } = options
  const current = new AsyncLocalStorage<Decryption>()
  const undecryptable = new WeakSet<BinaryNode>()
  const plaintexts = new WeakMap<Uint8Array, Uint8Array>()
  let repository: SignalRepositoryWithLIDStore | undefined

  const commit: DurableDecryption['commit'] = (changes, result) => {
    storage.assertOpen()
    // What was not decrypted was encrypted, or prepared for it: written before the frame leaves, with what else is in it.
    if (!(result instanceof Uint8Array)) {
      vault.deferKeys(accountId, changes)
      return undefined
    }
    const decryption = current.getStore()
    if (decryption?.stanza === undefined) return storage.run(vault.writeKeys(accountId, changes))
    writer.message(decryption.stanza, result, decryption.fingerprint, changes)
    return undefined
  }

  /** The plaintext of a message that came before; `undefined` when there is none. */
  const recall = async (fingerprint: string): Promise<Uint8Array | undefined> => {
    const entry = await storage.run(journal.recall(accountId, fingerprint))
    return entry && plaintextOf(entry)
  }

  /** The same, also when its author was known by the number of the stanza when it came before, and is known by a LID now. */
  const recallOf = async (fingerprint: string, ciphertext: Uint8Array, stanza: BinaryNode | undefined) => {
    const found = await recall(fingerprint)
    const written = stanza?.attrs['participant'] ?? stanza?.attrs['from']
    return found === undefined && written !== undefined
      ? recall(fingerprintOf('message', [written, ciphertext]))
      : found
  }

  const decryptDurably = async (
    ciphertext: Uint8Array,
    author: string,
    decrypt: () => Promise<Uint8Array>
  ): Promise<Uint8Array> => {
    const known = plaintexts.get(ciphertext)
    if (known !== undefined) return known
    const fingerprint = fingerprintOf('message', [author, ciphertext])
    const stanza = pending.stanzaOf(ciphertext)
    try {
      return handedOn(await current.run({ fingerprint, stanza }, decrypt), stanza)
    } catch (cause) {
      // Whatever has been decrypted before cannot be decrypted again: its keys are used up.
      const earlier = storage.hasFailed() ? undefined : await recallOf(fingerprint, ciphertext, stanza)
      if (earlier !== undefined) return handedOn(earlier, stanza)
      if (stanza !== undefined && !storage.hasFailed()) {
        const reason = cause instanceof Error ? cause.message : 'It could not be decrypted'
        writer.undecryptable(stanza, reason, [author, ciphertext])
        undecryptable.add(stanza)
      }
      throw cause
    } finally {
      if (stanza !== undefined) pending.ended(stanza)
    }
  }

  const decryptPeer = async (stanza: BinaryNode): Promise<boolean> => {
    if (repository === undefined) throw new Error('A message came before the connection was there')
    const jid = await getDecryptionJid(stanza.attrs['from'] ?? '', repository)
    for (const { attrs, content: ciphertext } of getBinaryNodeChildren(stanza, 'enc')) {
      const type = attrs['type']
      if (!(ciphertext instanceof Uint8Array) || (type !== 'msg' && type !== 'pkmsg')) continue
      try {
        plaintexts.set(ciphertext, await repository.decryptMessage({ jid, type, ciphertext }))
      } catch (cause) {
        if (undecryptable.has(stanza)) return false
        throw cause
      }
    }
    return true
  }

  return {
    commit,
    decryptPeer,
    signalRepository: keys => (auth, logger, pnToLid) => {
      const inner = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(
        { creds: auth.creds, keys },
        logger,
        pnToLid && askBriefly(pnToLid)
      )
      repository = {
        ...inner,
        decryptMessage: message =>
          decryptDurably(message.ciphertext, message.jid, () => inner.decryptMessage(message)),
        decryptGroupMessage: message =>
          decryptDurably(message.msg, `${message.group} ${message.authorJid}`, () =>
            inner.decryptGroupMessage(message)
          )
      }
      return repository
    }
  }
}
