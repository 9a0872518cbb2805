// The seam that makes receiving durable. Baileys acknowledges a message right after decrypting it, so decryption is
// where it must be written down: the Signal ratchet step and the plaintext go into one transaction, and Baileys'
// receipt can only leave after that. A message that WhatsApp delivers again is answered from the journal.
import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash } from 'node:crypto'
import {
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  getBinaryNodeChildren,
  type SignalKeyStore,
  type SocketConfig
} from '@whiskeysockets/baileys'
import type { Inbox } from '../receive/inbox.ts'
import type { KeyChanges, Vault } from '../vault/vault.ts'
import { type Journaled, receiptIds } from './convert/journaled.ts'
import type { Self } from './convert/message.ts'
import { makeSignalKeys, type RunPromise } from './signal-keys.ts'

export interface DurableReceive {
  /** For Baileys' socket, which keeps other things than Signal state here. */
  readonly keys: SignalKeyStore
  readonly makeSignalRepository: SocketConfig['makeSignalRepository']
  /** To be called with each stanza before Baileys handles it. */
  readonly sawMessage: (stanza: BinaryNode) => void
  readonly sawReceipt: (stanza: BinaryNode) => void
}

interface Decryption {
  readonly fingerprint: string
  readonly stanza: BinaryNode | undefined
}

/** Whether anything of ours depends on the receipt: the retry request of a recipient is between Baileys and them. */
const isTold = (stanza: BinaryNode): boolean => stanza.attrs['type'] !== 'retry'

export const makeDurableReceive = (options: {
  readonly accountId: string
  readonly self: () => Self
  readonly inbox: Inbox['Service']
  readonly vault: Vault['Service']
  readonly run: RunPromise
  /** New entries are in the journal. */
  readonly onRecorded: () => void
  /** The journal cannot be written: nothing more may be acknowledged on this connection. */
  readonly onUnwritable: (cause: unknown) => void
}): DurableReceive => {
  const { accountId, inbox, run, self, vault } = options
  const decrypting = new AsyncLocalStorage<Decryption>()
  const stanzaOf = new WeakMap<object, BinaryNode>()

  const record = async (entry: Journaled, fingerprint: string, changes?: KeyChanges): Promise<void> => {
    try {
      const content = Buffer.from(JSON.stringify(entry))
      await run(inbox.record({ accountId, kind: entry.kind, fingerprint, content }, changes))
    } catch (cause) {
      options.onUnwritable(cause)
      throw cause
    }
    options.onRecorded()
  }

  const fingerprintOf = (kind: string, ...parts: ReadonlyArray<string | Uint8Array>): string => {
    const hash = createHash('sha256').update(kind)
    for (const part of parts) hash.update('\0').update(part)
    return hash.digest('base64url')
  }

  /** Writes the changes of a Signal transaction, together with the plaintext when it was a decryption. */
  const commit = async (changes: KeyChanges, answer: unknown): Promise<void> => {
    const current = decrypting.getStore()
    if (current?.stanza === undefined || !(answer instanceof Uint8Array)) {
      await run(vault.writeKeys(accountId, changes))
      return
    }
    const plaintext = Buffer.from(answer).toString('base64')
    const entry = {
      kind: 'message',
      self: selfOf(self()),
      attributes: current.stanza.attrs,
      plaintext
    } as const
    await record(entry, current.fingerprint, changes)
  }
  const keys = makeSignalKeys({ accountId, vault, run, commit })

  const through = async (
    ciphertext: Uint8Array,
    author: string,
    decrypt: () => Promise<Uint8Array>
  ): Promise<Uint8Array> => {
    const fingerprint = fingerprintOf('message', author, ciphertext)
    const earlier = await run(inbox.recall(accountId, fingerprint))
    if (earlier !== undefined) return plaintextOf(earlier)
    const stanza = stanzaOf.get(ciphertext)
    try {
      return await decrypting.run({ fingerprint, stanza }, decrypt)
    } catch (cause) {
      if (stanza !== undefined) {
        const reason = cause instanceof Error ? cause.message : 'It could not be decrypted'
        await record(
          { kind: 'undecryptable', self: selfOf(self()), attributes: stanza.attrs, reason },
          fingerprintOf('undecryptable', author, ciphertext)
        )
      }
      throw cause
    }
  }

  return {
    keys,
    makeSignalRepository: (auth, logger, pnToLid) => {
      const inner = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(
        { creds: auth.creds, keys },
        logger,
        pnToLid
      )
      return {
        ...inner,
        decryptMessage: message =>
          through(message.ciphertext, message.jid, () => inner.decryptMessage(message)),
        decryptGroupMessage: message =>
          through(message.msg, `${message.group} ${message.authorJid}`, () =>
            inner.decryptGroupMessage(message)
          )
      }
    },
    sawMessage: stanza => {
      const encrypted = getBinaryNodeChildren(stanza, 'enc')
      for (const { content } of encrypted) if (content instanceof Uint8Array) stanzaOf.set(content, stanza)
      const isUnavailable = encrypted.length === 0 && getBinaryNodeChildren(stanza, 'unavailable').length > 0
      if (!isUnavailable || stanza.attrs['category'] === 'peer') return
      const entry = {
        kind: 'undecryptable',
        self: selfOf(self()),
        attributes: stanza.attrs,
        reason: 'WhatsApp delivered it without content; the phone has it'
      } as const
      // A refused write has already ended the connection through onUnwritable.
      record(entry, fingerprintOf('unavailable', JSON.stringify(stanza.attrs))).catch(() => undefined)
    },
    sawReceipt: stanza => {
      if (!isTold(stanza)) return
      const entry = {
        kind: 'receipt',
        self: selfOf(self()),
        attributes: stanza.attrs,
        ids: receiptIds(stanza)
      } as const
      record(entry, fingerprintOf('receipt', JSON.stringify([stanza.attrs, entry.ids]))).catch(
        () => undefined
      )
    }
  }
}

const selfOf = ({ jid, lid }: Self): Journaled['self'] => (lid === undefined ? { jid } : { jid, lid })

const plaintextOf = (content: Buffer): Uint8Array => {
  const entry: unknown = JSON.parse(content.toString())
  if (
    typeof entry === 'object' &&
    entry !== null &&
    'plaintext' in entry &&
    typeof entry.plaintext === 'string'
  ) {
    return Buffer.from(entry.plaintext, 'base64')
  }
  throw new Error('A journal entry without plaintext was taken for a message')
}
