// Gives what arrives on a connection to the journal: decrypted messages, messages that cannot be decrypted, and stanzas. It is written
// before the next frame leaves.
import { createHash } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Journal } from '../../journal/journal.ts'
import type { KeyChanges } from '../../vault/key-changes.ts'
import { postsIn } from '../convert/channel.ts'
import { type FaultyStanza, type Journaled, listRecipients } from '../convert/journaled.ts'
import type { Self } from '../convert/message.ts'
import { gatheredReceipts, receiptIds } from '../convert/receipt.ts'
import { nodeToJson } from '../convert/stanza-json.ts'
import { isEncryptedAddOn } from '../convert/without-content.ts'
import type { When } from './frame-hold.ts'
import type { StorageGuard } from './storage-guard.ts'

/** Parts of which a fingerprint is made: the same for every delivery of the same thing. */
export type Identity = ReadonlyArray<string | Uint8Array>

/** Each throws once the connection is over. */
export interface JournalWriter {
  /** A message with its plaintext, together with the key changes of its decryption. */
  readonly message: (
    stanza: BinaryNode,
    plaintext: Uint8Array,
    fingerprint: string,
    changes: KeyChanges
  ) => void
  readonly undecryptable: (stanza: BinaryNode, reason: string, identity: Identity) => void
  readonly receipt: (stanza: BinaryNode) => void
  /** The posts in a stanza about a channel. */
  readonly channel: (stanza: BinaryNode) => void
  readonly stanza: (kind: 'notification' | 'call' | 'botAnswer' | 'faulty', stanza: BinaryNode) => void
}

export const fingerprintOf = (kind: string, identity: Identity): string => {
  const hash = createHash('sha256').update(kind)
  for (const part of identity) hash.update('\0').update(part)
  return hash.digest('base64url')
}

/** A stanza that is delivered again carries its place in the offline queue; it is the same stanza. */
const withoutOffline = ({ offline: _, ...attributes }: Record<string, string>): Record<string, string> =>
  attributes

/** What is kept of a message's stanza. */
const sourceOf = (stanza: BinaryNode) => {
  const recipients = listRecipients(stanza)
  return { attributes: stanza.attrs, ...(recipients.length === 0 ? {} : { recipients }) }
}

const selfOf = ({ jid, lid }: Self): Journaled['self'] => (lid === undefined ? { jid } : { jid, lid })

export const makeJournalWriter = (options: {
  readonly accountId: string
  readonly self: () => Self
  readonly journal: Journal['Service']
  readonly storage: Pick<StorageGuard, 'assertOpen'>
  /** Something is to be written; the function it returns is called when it is written, or never will be. */
  readonly onArrived: () => () => void
  /** Called after each: it waits to be written. Nobody is kept waiting by a receipt. */
  readonly onDeferred: (when: When) => void
}): JournalWriter => {
  const { accountId, journal, onArrived, onDeferred, storage } = options
  const self = () => selfOf(options.self())

  const write = (
    entry: Journaled | typeof FaultyStanza.Type,
    fingerprint: string,
    changes?: KeyChanges
  ): void => {
    storage.assertOpen()
    const content = Buffer.from(JSON.stringify(entry))
    journal.defer({ accountId, kind: entry.kind, fingerprint, content }, changes, onArrived())
    onDeferred(entry.kind === 'receipt' ? 'later' : 'now')
  }

  return {
    message: (stanza, bytes, fingerprint, changes) => {
      const plaintext = Buffer.from(bytes).toString('base64')
      return write({ kind: 'message', self: self(), ...sourceOf(stanza), plaintext }, fingerprint, changes)
    },
    undecryptable: (stanza, reason, identity) =>
      write(
        {
          kind: 'undecryptable',
          self: self(),
          ...sourceOf(stanza),
          reason,
          ...(isEncryptedAddOn(stanza) ? { isAddOn: true } : {})
        },
        fingerprintOf('undecryptable', identity)
      ),
    receipt: stanza => {
      const ids = receiptIds(stanza)
      const gathered = gatheredReceipts(stanza)
      const attributes = stanza.attrs
      if (gathered.length === 0) {
        return write(
          { kind: 'receipt', self: self(), attributes, ids },
          fingerprintOf('receipt', [JSON.stringify([withoutOffline(attributes), ids])])
        )
      }
      return write(
        { kind: 'receipt', self: self(), attributes, ids, gathered },
        fingerprintOf('receipt', [JSON.stringify([withoutOffline(attributes), gathered])])
      )
    },
    channel: stanza => {
      const entry = {
        kind: 'channel',
        self: self(),
        channel: stanza.attrs['from'] ?? '',
        posts: postsIn({ ...stanza, attrs: withoutOffline(stanza.attrs) })
      } as const
      return write(
        entry,
        fingerprintOf('channel', [JSON.stringify([entry.channel, stanza.attrs['id'] ?? '', entry.posts])])
      )
    },
    stanza: (kind, stanza) => {
      const json = nodeToJson(stanza)
      return write(
        { kind, self: self(), stanza: json },
        fingerprintOf(kind, [JSON.stringify([withoutOffline(stanza.attrs), json.content])])
      )
    }
  }
}

/** The plaintext in a journal entry of a message. */
export const plaintextOf = (content: Buffer): Uint8Array => {
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
