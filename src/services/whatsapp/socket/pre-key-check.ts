// After each login: are the pre-keys that WhatsApp hands out those that this server holds? Where they are not, a person's first message
// would have to be asked for again. That happens when a connection ends while keys are uploaded, and when a database is restored.
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import {
  type AuthenticationCreds,
  type BinaryNode,
  Curve,
  encodeBigEndian,
  getBinaryNodeChild,
  getBinaryNodeChildBuffer,
  getBinaryNodeChildren,
  KEY_BUNDLE_TYPE,
  type KeyPair,
  S_WHATSAPP_NET,
  type SignalDataSet,
  type SignalKeyStore,
  type WASocket,
  xmppPreKey,
  xmppSignedPreKey
} from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import type { IncidentReport } from '../../incidents/incidents.ts'
import type { VaultError } from '../../vault/vault.ts'
import { nameOf } from './baileys-errors.ts'
import type { Connection } from './connection-context.ts'

/** A device has 812 at most when it has just been linked. */
const MOST_KEYS = 5_000

const DIFFERENT_KEYS = {
  kind: 'account.differentPreKeys',
  severity: 'warning',
  happened: 'WhatsApp handed out keys of this account that this server does not hold',
  did: 'They were replaced at WhatsApp; messages that were written with the old ones are asked for again',
  advice: 'Nothing, unless it happens again and again: then check that no other copy of this database runs'
} as const satisfies Omit<IncidentReport, 'accountId' | 'subject'>

interface HandedOut {
  /** In the order in which their public keys are in the hash. */
  readonly ids: ReadonlyArray<number>
  readonly hash: Uint8Array
}

const numberIn = (node: BinaryNode): number =>
  node.content instanceof Uint8Array
    ? Buffer.from(node.content).readUIntBE(0, Math.min(node.content.length, 4))
    : 0

const handedOutIn = (answer: BinaryNode): HandedOut | undefined => {
  const digest = getBinaryNodeChild(answer, 'digest')
  const hash = getBinaryNodeChildBuffer(digest, 'hash')
  const ids = getBinaryNodeChildren(getBinaryNodeChild(digest, 'list'), 'id')
  return digest === undefined || hash === undefined || ids.length > MOST_KEYS
    ? undefined
    : { ids: ids.map(numberIn), hash }
}

/** As WhatsApp makes it of the keys that it hands out. */
const hashOf = (
  { signedIdentityKey, signedPreKey }: AuthenticationCreds,
  keys: ReadonlyArray<KeyPair>
): Buffer => {
  const hash = createHash('sha1')
    .update(signedIdentityKey.public)
    .update(signedPreKey.keyPair.public)
    .update(signedPreKey.signature)
  for (const { public: key } of keys) hash.update(key)
  return hash.digest()
}

const query = (socket: WASocket, type: 'get' | 'set', content: Array<BinaryNode>): Promise<BinaryNode> =>
  socket.query({ tag: 'iq', attrs: { xmlns: 'encrypt', type, to: S_WHATSAPP_NET }, content })

type HeldKeys = Readonly<Record<string, KeyPair>>

/** A key store that remembers the pre-keys which it has stored, until they are checked. */
export interface RememberingKeys extends SignalKeyStore {
  /** What is held under these ids; it remembers nothing any more. */
  readonly held: (ids: ReadonlyArray<number>) => Promise<HeldKeys>
}

/** Read or written at once: while one account has many, others wait no longer than for as many. */
const KEYS_AT_ONCE = 50

/** Others have their turns before each part, and before what comes next. */
const setInParts = async (
  keys: SignalKeyStore,
  { 'pre-key': _, ...others }: SignalDataSet,
  preKeys: ReadonlyArray<readonly [id: string, pair: KeyPair | null]>
): Promise<void> => {
  await keys.set(others)
  for (let start = 0; start < preKeys.length; start += KEYS_AT_ONCE) {
    await setImmediate()
    await keys.set({ 'pre-key': Object.fromEntries(preKeys.slice(start, start + KEYS_AT_ONCE)) })
  }
  await setImmediate()
}

/** Linking makes eight hundred pre-keys, and the check comes right after it: reading and opening them again takes half as long as making them. */
export const rememberPreKeys = (keys: SignalKeyStore): RememberingKeys => {
  let stored: Record<string, KeyPair> = {}
  return {
    get: (kind, ids) => keys.get(kind, ids),
    set: async data => {
      const changes = Object.entries(data['pre-key'] ?? {})
      if (changes.length <= KEYS_AT_ONCE) await keys.set(data)
      else await setInParts(keys, data, changes)
      for (const [id, pair] of changes) {
        if (pair === null) delete stored[id]
        else stored[id] = pair
      }
    },
    held: async ids => {
      const known = stored
      stored = {}
      const others = await heldOf(
        keys,
        ids.filter(id => known[id] === undefined)
      )
      return Object.fromEntries(
        ids.flatMap(id => {
          const pair = known[id] ?? others[id]
          return pair === undefined ? [] : [[id, pair]]
        })
      )
    }
  }
}

/** Uploads what is held under these ids; a new key where nothing is. */
const replaceKeys = async (
  socket: WASocket,
  creds: AuthenticationCreds,
  keys: SignalKeyStore,
  ids: ReadonlyArray<number>,
  held: HeldKeys
): Promise<void> => {
  const missing = ids.filter(id => held[id] === undefined)
  const made = Object.fromEntries(missing.map(id => [String(id), Curve.generateKeyPair()]))
  // Before anybody is given them.
  await keys.set({ 'pre-key': made })
  const all: HeldKeys = { ...held, ...made }
  await query(socket, 'set', [
    { tag: 'registration', attrs: {}, content: encodeBigEndian(creds.registrationId) },
    { tag: 'type', attrs: {}, content: KEY_BUNDLE_TYPE },
    { tag: 'identity', attrs: {}, content: creds.signedIdentityKey.public },
    { tag: 'list', attrs: {}, content: Object.entries(all).map(([id, key]) => xmppPreKey(key, Number(id))) },
    xmppSignedPreKey(creds.signedPreKey)
  ])
}

const heldOf = async (keys: SignalKeyStore, ids: ReadonlyArray<number>): Promise<HeldKeys> => {
  const held: Record<string, KeyPair> = {}
  for (let start = 0; start < ids.length; start += KEYS_AT_ONCE) {
    Object.assign(held, await keys.get('pre-key', ids.slice(start, start + KEYS_AT_ONCE).map(String)))
    await setImmediate()
  }
  return held
}

/** In the vault, the hash with which WhatsApp last handed out what is held. Opening eight hundred keys takes long. */
const CHECKED = { kind: 'checked-pre-keys', id: 'hash' } as const

/** What is held under an id does not change: with the hash of the last check, nothing can be different but a key that is not there. */
const areAsChecked = Effect.fnUntraced(function* (
  { accountId, services: { vault } }: Connection,
  { hash, ids }: HandedOut
) {
  const checked = (yield* vault.readKeys(accountId, CHECKED.kind, [CHECKED.id])).get(CHECKED.id)
  if (checked?.equals(hash) !== true) return false
  const held = new Set(yield* vault.keyIds(accountId, 'pre-key'))
  return ids.every(id => held.has(String(id)))
})

const noteChecked = (
  { accountId, services: { vault } }: Connection,
  hash: Uint8Array
): Effect.Effect<void, VaultError> => vault.writeKeys(accountId, { [CHECKED.kind]: { [CHECKED.id]: hash } })

/** Answers whether WhatsApp handed out other keys; it does not any more then. */
const replaceDifferentKeys = async (
  connection: Connection,
  socket: WASocket,
  keys: RememberingKeys
): Promise<boolean> => {
  const { creds, runtime } = connection
  const handedOut = handedOutIn(await query(socket, 'get', [{ tag: 'digest', attrs: {} }]))
  if (handedOut === undefined || (await runtime.run(areAsChecked(connection, handedOut)))) return false
  const { hash, ids } = handedOut
  const held = await keys.held(ids)
  const pairs = ids.map(id => held[id]).filter(pair => pair !== undefined)
  if (pairs.length === ids.length && hashOf(creds, pairs).equals(hash)) {
    await runtime.run(noteChecked(connection, hash))
    return false
  }
  await replaceKeys(socket, creds, keys, ids, held)
  return true
}

/** To be run when a connection has opened. What fails is tried again on the next connection. */
export const checkPreKeys = (
  connection: Connection,
  socket: WASocket,
  keys: RememberingKeys
): Effect.Effect<void> => {
  const { accountId, services } = connection
  return Effect.tryPromise(() => replaceDifferentKeys(connection, socket, keys)).pipe(
    Effect.flatMap(wereDifferent =>
      wereDifferent
        ? services.incidents.report({ ...DIFFERENT_KEYS, accountId, subject: accountId })
        : Effect.void
    ),
    Effect.catch(({ cause }) => Effect.logDebug('The pre-keys could not be checked', nameOf(cause)))
  )
}
