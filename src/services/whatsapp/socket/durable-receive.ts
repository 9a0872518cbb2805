// The seam that makes receiving durable. Baileys acknowledges a message right after decrypting it, so decryption is
// where it must be written down: the Signal ratchet step and the plaintext go into one transaction, and Baileys'
// receipt can only leave after that. A message that WhatsApp delivers again is answered from the journal.
import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash } from 'node:crypto'
import {
  type AuthenticationCreds,
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  getBinaryNodeChildren,
  type SignalKeyStore,
  type SocketConfig
} from '@whiskeysockets/baileys'
import { ONLY_ON_PHONE } from '../../../domain/message.ts'
import type { Journal } from '../../journal/journal.ts'
import type { KeyChanges, Vault } from '../../vault/vault.ts'
import { isJournaledCall, isJournaledNotification, type Journaled, receiptIds } from '../convert/journaled.ts'
import type { Self } from '../convert/message.ts'
import { encodeCredentials, reservePreKeys } from './auth-state.ts'
import { nodeToJson } from '../convert/stanza-json.ts'
import type { StanzaKind } from './intake.ts'
import { makeSignalKeys, type RunPromise } from './signal-keys.ts'

export interface DurableReceive {
  /** For Baileys' socket, which keeps other things than Signal state here. */
  readonly keys: SignalKeyStore
  readonly makeSignalRepository: SocketConfig['makeSignalRepository']
  /**
   * To be called with each stanza before Baileys handles it, and to be waited for: what it answers is the writing down
   * of a stanza that no decryption will write. A rejection means that nothing may be acknowledged any more.
   */
  readonly record: (kind: StanzaKind, stanza: BinaryNode) => Promise<void> | undefined
  /** Messages seen whose decryption has not ended yet. */
  readonly backlog: () => number
  /** Expects no more decryptions: the connection is over. */
  readonly abandon: () => void
}

/** What is not shared with linked devices, whoever asks: view-once messages, and those of bots and hosted businesses. */
const PHONE_ONLY = new Set([
  'view_once_unavailable_fanout',
  'bot_unavailable_fanout',
  'hosted_unavailable_fanout'
])

/** What Signal decrypts; anything else in an `enc` node is beyond Baileys. */
const DECRYPTABLE = new Set(['msg', 'pkmsg', 'skmsg'])

interface Decryption {
  readonly fingerprint: string
  readonly stanza: BinaryNode | undefined
}

/** Whether anything of ours depends on the receipt: the retry request of a recipient is between Baileys and them. */
const isTold = (stanza: BinaryNode): boolean => stanza.attrs['type'] !== 'retry'

const MOST_FOLLOWED = 5000

export const makeDurableReceive = (options: {
  readonly accountId: string
  readonly creds: AuthenticationCreds
  readonly self: () => Self
  readonly journal: Journal['Service']
  readonly vault: Vault['Service']
  readonly run: RunPromise
  /** Something has arrived; the answer is called when it is written down, or will not be. */
  readonly onArrived: () => () => void
  /** Journal or vault fail: nothing more may be acknowledged on this connection. */
  readonly onUnwritable: (cause: unknown) => void
}): DurableReceive => {
  const { accountId, journal, self, vault } = options
  let storageFailed = false
  /** A database that fails while a message is read must not look like a message that cannot be read. */
  const run: RunPromise = async effect => {
    try {
      return await options.run(effect)
    } catch (cause) {
      storageFailed = true
      options.onUnwritable(cause)
      throw cause
    }
  }
  const decrypting = new AsyncLocalStorage<Decryption>()
  const stanzaOf = new WeakMap<object, BinaryNode>()
  const followed = new Map<BinaryNode, () => void>()
  const unfollow = (stanza: BinaryNode): void => {
    followed.get(stanza)?.()
    followed.delete(stanza)
  }
  const abandon = (): void => {
    for (const stanza of followed.keys()) unfollow(stanza)
  }

  const record = async (entry: Journaled, fingerprint: string, changes?: KeyChanges): Promise<void> => {
    const content = Buffer.from(JSON.stringify(entry))
    const written = options.onArrived()
    try {
      await run(journal.record({ accountId, kind: entry.kind, fingerprint, content }, changes))
    } finally {
      written()
    }
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
  const credentialsFor = (changes: KeyChanges) =>
    reservePreKeys(options.creds, changes) ? encodeCredentials(options.creds) : undefined
  const keys = makeSignalKeys({ accountId, vault, run, commit, credentialsFor })

  /** `identity` tells it from another; what was not encrypted for Signal is told by its stanza. */
  const recordUndecryptable = (
    stanza: BinaryNode,
    reason: string,
    ...identity: ReadonlyArray<string | Uint8Array>
  ) =>
    record(
      { kind: 'undecryptable', self: selfOf(self()), attributes: stanza.attrs, reason },
      fingerprintOf('undecryptable', ...identity)
    )

  const through = async (
    ciphertext: Uint8Array,
    author: string,
    decrypt: () => Promise<Uint8Array>
  ): Promise<Uint8Array> => {
    const fingerprint = fingerprintOf('message', author, ciphertext)
    const stanza = stanzaOf.get(ciphertext)
    try {
      const earlier = await run(journal.recall(accountId, fingerprint))
      if (earlier !== undefined) return plaintextOf(earlier)
      return await decrypting.run({ fingerprint, stanza }, decrypt)
    } catch (cause) {
      if (stanza !== undefined && !storageFailed) {
        const reason = cause instanceof Error ? cause.message : 'It could not be decrypted'
        await recordUndecryptable(stanza, reason, author, ciphertext)
      }
      throw cause
    } finally {
      if (stanza !== undefined) unfollow(stanza)
    }
  }

  const recordMessage = (stanza: BinaryNode): Promise<void> | undefined => {
    const encrypted = getBinaryNodeChildren(stanza, 'enc')
    for (const { content } of encrypted) if (content instanceof Uint8Array) stanzaOf.set(content, stanza)
    if (
      encrypted.some(
        ({ attrs, content }) => DECRYPTABLE.has(attrs['type'] ?? '') && content instanceof Uint8Array
      )
    ) {
      // A message that is never decrypted must not be followed for ever.
      if (followed.size >= MOST_FOLLOWED) abandon()
      followed.set(stanza, options.onArrived())
      return undefined
    }
    if (stanza.attrs['category'] === 'peer') return undefined
    const byStanza = JSON.stringify(stanza.attrs)
    if (encrypted.length > 0)
      return recordUndecryptable(stanza, 'It is encrypted in a way this server does not know', byStanza)
    const [unavailable] = getBinaryNodeChildren(stanza, 'unavailable')
    if (unavailable === undefined) return undefined
    const reason = PHONE_ONLY.has(unavailable.attrs['type'] ?? '')
      ? ONLY_ON_PHONE
      : 'WhatsApp delivered it without content; the phone has it'
    return recordUndecryptable(stanza, reason, byStanza)
  }

  const recordReceipt = (stanza: BinaryNode): Promise<void> | undefined => {
    if (!isTold(stanza)) return undefined
    const ids = receiptIds(stanza)
    return record(
      { kind: 'receipt', self: selfOf(self()), attributes: stanza.attrs, ids },
      fingerprintOf('receipt', JSON.stringify([withoutOffline(stanza.attrs), ids]))
    )
  }

  const recordStanza = (kind: 'notification' | 'call', stanza: BinaryNode): Promise<void> => {
    const json = nodeToJson(stanza)
    return record(
      { kind, self: selfOf(self()), stanza: json },
      fingerprintOf(kind, JSON.stringify([withoutOffline(stanza.attrs), json.content]))
    )
  }

  return {
    keys,
    backlog: () => followed.size,
    abandon,
    record: (kind, stanza) => {
      switch (kind) {
        case 'CB:message':
          return recordMessage(stanza)
        case 'CB:receipt':
          return recordReceipt(stanza)
        case 'CB:notification':
          return isJournaledNotification(stanza) ? recordStanza('notification', stanza) : undefined
        case 'CB:call':
          return isJournaledCall(stanza) ? recordStanza('call', stanza) : undefined
      }
    },
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
    }
  }
}

/** A stanza that is delivered again carries its place in the offline queue; it is the same stanza. */
const withoutOffline = ({ offline: _, ...attributes }: Record<string, string>): Record<string, string> =>
  attributes

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
