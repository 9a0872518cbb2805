// The Signal state of a primary device: its identity, its pre-keys, its sessions and sender keys, all in memory.
// It is Baileys' own Signal repository over a plain map. Peers are addressed by LID only, so no mapping is ever looked up.
// Work on one device is done strictly in order: each step of a ratchet depends on the one before.
import {
  Curve,
  DEFAULT_CONNECTION_CONFIG,
  generateRegistrationId,
  generateSignalPubKey,
  type KeyPair,
  proto,
  type SignalAuthState,
  type SignalKeyStoreWithTransaction,
  type SignalRepositoryWithLIDStore,
  signedKeyPair,
  unpadRandomMax16,
  writeRandomPadMax16
} from '@whiskeysockets/baileys'
import type { KeyBundle } from './key-bundle.ts'
import { quietLogger } from './quiet-logger.ts'
import { SerialWork } from './serial-work.ts'

export interface Encrypted {
  readonly type: 'pkmsg' | 'msg'
  readonly ciphertext: Uint8Array
}

export class SignalDevice {
  readonly registrationId = generateRegistrationId()
  readonly identity: KeyPair
  private readonly signedPreKey
  private readonly preKeys = new Map<string, unknown>()
  private readonly stored = new Map<string, unknown>()
  private readonly repository: SignalRepositoryWithLIDStore
  private nextPreKeyId = 1
  private readonly work = new SerialWork()

  constructor(identity: KeyPair) {
    this.identity = identity
    this.signedPreKey = signedKeyPair(identity, 1)
    const auth: SignalAuthState = {
      creds: {
        signedIdentityKey: identity,
        signedPreKey: this.signedPreKey,
        registrationId: this.registrationId
      },
      keys: this.keyStore()
    }
    this.repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, quietLogger)
  }

  /** What a sender needs to open a session with this device; the one-time pre-key in it is handed out once. */
  bundle(): KeyBundle {
    const keyId = this.nextPreKeyId++
    const pair = Curve.generateKeyPair()
    this.preKeys.set(String(keyId), pair)
    return {
      registrationId: this.registrationId,
      identity: Buffer.from(this.identity.public),
      signedPreKey: {
        id: this.signedPreKey.keyId,
        publicKey: Buffer.from(this.signedPreKey.keyPair.public),
        signature: Buffer.from(this.signedPreKey.signature)
      },
      preKey: { id: keyId, publicKey: Buffer.from(pair.public) }
    }
  }

  /** `bundleOf` is asked only when there is no session yet. */
  encrypt(peer: string, message: proto.IMessage, bundleOf: () => KeyBundle): Promise<Encrypted> {
    return this.work.run(async () => {
      if (!(await this.repository.validateSession(peer)).exists) {
        await this.repository.injectE2ESession({ jid: peer, session: toSession(bundleOf()) })
      }
      const data = writeRandomPadMax16(proto.Message.encode(message).finish())
      return this.repository.encryptMessage({ jid: peer, data })
    })
  }

  /** Opens a session from the keys a retry receipt carries, replacing whatever was there. */
  renewSession(peer: string, bundle: KeyBundle): Promise<void> {
    return this.work.run(() => this.repository.injectE2ESession({ jid: peer, session: toSession(bundle) }))
  }

  decrypt(peer: string, type: 'pkmsg' | 'msg', ciphertext: Uint8Array): Promise<proto.Message> {
    return this.work.run(async () => {
      const decrypt = () => this.repository.decryptMessage({ jid: peer, type, ciphertext })
      return decodePadded(await (type === 'msg' ? this.inOneSession(peer, decrypt) : decrypt()))
    })
  }

  /**
   * Tries the sessions with a peer one by one, as phones do. Left to itself, libsignal tries all of them on one record and stores
   * that: a session that did not fit has lost its sending chain, and what is encrypted in it from then on cannot be decrypted.
   */
  private async inOneSession<A>(peer: string, decrypt: () => Promise<A>): Promise<A> {
    const key = `session:${this.repository.jidToSignalProtocolAddress(peer)}`
    const record = this.stored.get(key)
    if (!isSessionRecord(record)) return decrypt()
    const sessions = Object.entries(record._sessions).toSorted(
      ([, one], [, other]) => other.indexInfo.used - one.indexInfo.used
    )
    let failure: unknown = new Error('There is no session')
    for (const [id, session] of sessions) {
      this.stored.set(key, { ...record, _sessions: { [id]: session } })
      try {
        const plaintext = await decrypt()
        const stepped = this.stored.get(key)
        if (isSessionRecord(stepped))
          this.stored.set(key, { ...record, _sessions: { ...record._sessions, ...stepped._sessions } })
        return plaintext
      } catch (cause) {
        this.stored.set(key, record)
        failure = cause
      }
    }
    throw failure
  }

  encryptForGroup(
    group: string,
    self: string,
    message: proto.IMessage
  ): Promise<{ ciphertext: Uint8Array; senderKeyDistributionMessage: Uint8Array }> {
    const data = writeRandomPadMax16(proto.Message.encode(message).finish())
    return this.work.run(() => this.repository.encryptGroupMessage({ group, meId: self, data }))
  }

  decryptForGroup(group: string, author: string, ciphertext: Uint8Array): Promise<proto.Message> {
    return this.work.run(async () =>
      decodePadded(await this.repository.decryptGroupMessage({ group, authorJid: author, msg: ciphertext }))
    )
  }

  learnSenderKey(author: string, item: proto.Message.ISenderKeyDistributionMessage): Promise<void> {
    return this.work.run(() =>
      this.repository.processSenderKeyDistributionMessage({ authorJid: author, item })
    )
  }

  close(): void {
    this.repository.close?.()
  }

  private keyStore(): SignalKeyStoreWithTransaction {
    const place = (type: string, id: string): [Map<string, unknown>, string] =>
      type === 'pre-key' ? [this.preKeys, id] : [this.stored, `${type}:${id}`]
    return {
      get: (type, ids) => {
        const found: Record<string, never> = {}
        for (const id of ids) {
          const [map, key] = place(type, id)
          const value = map.get(key)
          // the map's values are typed by the key's first part, which the type system cannot follow
          if (value !== undefined) found[id] = value as never
        }
        return found
      },
      set: data => {
        for (const [type, entries] of Object.entries(data)) {
          for (const [id, value] of Object.entries(entries ?? {})) {
            const [map, key] = place(type, id)
            if (value === null || value === undefined) map.delete(key)
            else map.set(key, value)
          }
        }
      },
      isInTransaction: () => false,
      transaction: work => work()
    }
  }
}

/** What libsignal stores of its sessions with one peer, as far as it matters here. */
interface SessionRecord {
  readonly _sessions: Readonly<Record<string, { readonly indexInfo: { readonly used: number } }>>
}

/** Only libsignal stores under the keys of sessions. */
const isSessionRecord = (value: unknown): value is SessionRecord =>
  typeof value === 'object' && value !== null && '_sessions' in value

const decodePadded = (plaintext: Uint8Array): proto.Message =>
  proto.Message.decode(unpadRandomMax16(plaintext))

const toSession = (bundle: KeyBundle) => ({
  registrationId: bundle.registrationId,
  identityKey: generateSignalPubKey(bundle.identity),
  signedPreKey: {
    keyId: bundle.signedPreKey.id,
    publicKey: generateSignalPubKey(bundle.signedPreKey.publicKey),
    signature: bundle.signedPreKey.signature
  },
  ...(bundle.preKey
    ? { preKey: { keyId: bundle.preKey.id, publicKey: generateSignalPubKey(bundle.preKey.publicKey) } }
    : {})
})
