// A linked session in the form that this server keeps, made of what another server stored; or what it lacks.
import { createHash } from 'node:crypto'
import { type AuthenticationCreds, initAuthCreds, jidNormalizedUser } from '@whiskeysockets/baileys'
import { Effect, Option, Schema } from 'effect'
import type { KeyChanges } from '../../vault/key-changes.ts'
import { encodeCredentials, encodeKey } from '../socket/auth-state.ts'
import { withNamesOfToday } from './addresses.ts'
import { isObject } from './json.ts'
import { KEY_KINDS, type KeyKind, type SessionKeys } from './key-names.ts'
import type { SessionParts } from './parts.ts'
import { refusal } from './refusal.ts'
import { Creds, KEYS, REQUIRED_CREDS } from './schemas.ts'

/** By which a copy of a session is known again. */
export interface SessionMark {
  /** The device, whatever has changed since: a hash of its identity key. */
  readonly identity: string
  /** This very copy. */
  readonly digest: string
  /** Grows with every pre-key that the device makes. */
  readonly nextPreKeyId: number
}

/** A session that can be taken over. It holds secrets. */
export interface LinkedSession {
  readonly jid: string
  readonly lid: string | null
  readonly credentials: Uint8Array
  readonly keys: KeyChanges
  readonly mark: SessionMark
  /** What was read, and what was left out because nobody here could read it: how many of each kind. */
  readonly taken: Readonly<Record<string, number>>
  readonly leftOut: Readonly<Record<string, number>>
}

type Fields = Readonly<Record<string, unknown>>

/** Databases write `null` where Baileys writes nothing. */
const withoutNulls = (value: unknown): Fields =>
  isObject(value) ? Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null)) : {}

const given = (creds: unknown): Fields => {
  const fields = withoutNulls(creds)
  return 'me' in fields ? { ...fields, me: withoutNulls(fields['me']) } : fields
}

/** What the credentials lack, or have in a form that cannot be read. */
const lackingIn = (fields: Fields): ReadonlyArray<string> =>
  Object.entries(REQUIRED_CREDS).flatMap(([name, schema]) =>
    Schema.decodeUnknownOption<Schema.ConstraintDecoder<unknown>>(schema)(fields[name])._tag === 'None'
      ? [name]
      : []
  )

const decodeCreds = Effect.fnUntraced(function* (stored: unknown) {
  const fields = given(stored)
  if (fields['me'] === undefined && fields['account'] === undefined && 'noiseKey' in fields)
    return yield* refusal('notRegistered', 'This session was never linked to a phone')
  const creds = Schema.decodeUnknownOption(Creds)(fields)
  if (Option.isSome(creds)) return creds.value
  const missing = lackingIn(fields)
  return yield* missing.length === 0
    ? refusal('unreadable', 'The credentials are not in a form that this server knows')
    : refusal('incomplete', `The credentials lack ${missing.join(', ')}`, { missing })
})

interface DecodedKeys {
  readonly keys: SessionKeys
  readonly leftOut: Readonly<Record<string, number>>
}

const decodeKeys = ({ keys, unknown }: SessionParts): DecodedKeys => {
  const leftOut: Record<string, number> = unknown > 0 ? { other: unknown } : {}
  const decoded = (kind: KeyKind): ReadonlyMap<string, unknown> => {
    const decode = Schema.decodeUnknownOption<Schema.ConstraintDecoder<unknown>>(KEYS[kind])
    const stored = [...(keys.get(kind) ?? [])]
    const read = stored.flatMap(([id, value]) => {
      const key = decode(isObject(value) ? withoutNulls(value) : value)
      return Option.isSome(key) ? [[id, key.value] as const] : []
    })
    if (read.length < stored.length) leftOut[kind] = stored.length - read.length
    return new Map(read)
  }
  const all: SessionKeys = {
    'app-state-sync-version': decoded('app-state-sync-version'),
    'app-state-sync-key': decoded('app-state-sync-key'),
    'sender-key-memory': decoded('sender-key-memory'),
    'identity-key': decoded('identity-key'),
    'lid-mapping': decoded('lid-mapping'),
    'device-list': decoded('device-list'),
    'sender-key': decoded('sender-key'),
    'pre-key': decoded('pre-key'),
    session: decoded('session'),
    tctoken: decoded('tctoken')
  }
  return { keys: all, leftOut }
}

/** Without these kinds, messages that are on their way could not be read. The phone itself always has a session. */
const NEEDED_KINDS = ['pre-key', 'session'] as const

const credentialsOf = ({
  accountSettings,
  routingInfo,
  signalIdentities,
  ...creds
}: Creds): AuthenticationCreds => ({
  ...initAuthCreds(),
  ...creds,
  account: { ...creds.account },
  registered: creds.registered ?? false,
  lastPropHash: creds.lastPropHash,
  signalIdentities: signalIdentities?.map(identity => ({ ...identity })) ?? [],
  accountSettings: { unarchiveChats: accountSettings?.unarchiveChats ?? false },
  routingInfo: routingInfo === undefined ? undefined : Buffer.from(routingInfo)
})

/** App state is read again from its beginning: this server has none of what the other one made of it. */
const NOT_KEPT: ReadonlyArray<KeyKind> = ['app-state-sync-version']

const encoded = (keys: SessionKeys): KeyChanges =>
  Object.fromEntries(
    KEY_KINDS.filter(kind => !NOT_KEPT.includes(kind)).map(kind => [
      kind,
      Object.fromEntries([...keys[kind]].map(([id, value]) => [id, encodeKey(kind, value)]))
    ])
  )

const hash = (...parts: ReadonlyArray<Uint8Array | string>): string => {
  const sha = createHash('sha256')
  for (const part of parts) sha.update(part)
  return sha.digest('hex')
}

/** Whatever order its parts were read in. */
const digestOf = (creds: Creds, keys: KeyChanges): string => {
  const parts = Object.entries(keys).flatMap(([kind, values]) =>
    Object.entries(values).map(([id, value]) => hash(kind, '\0', id, '\0', value ?? ''))
  )
  return hash(JSON.stringify([creds.nextPreKeyId, creds.firstUnuploadedPreKeyId]), ...parts.toSorted())
}

/** The session in the form that this server keeps. */
export const linkedSession = Effect.fnUntraced(function* (parts: SessionParts) {
  const creds = yield* decodeCreds(parts.creds)
  const { keys, leftOut } = decodeKeys(parts)
  const missing = NEEDED_KINDS.filter(kind => keys[kind].size === 0)
  if (missing.length > 0)
    return yield* refusal(
      'incomplete',
      `The session has no keys of the kind ${missing.join(', ')}: take them from where its server keeps them`,
      { missing }
    )
  const kept = encoded(withNamesOfToday(creds.me, keys))
  const session: LinkedSession = {
    jid: jidNormalizedUser(creds.me.id),
    lid: creds.me.lid === undefined ? null : jidNormalizedUser(creds.me.lid),
    credentials: encodeCredentials(credentialsOf(creds)),
    keys: kept,
    mark: {
      identity: hash(creds.signedIdentityKey.public),
      digest: digestOf(creds, kept),
      nextPreKeyId: creds.nextPreKeyId
    },
    taken: Object.fromEntries(KEY_KINDS.map(kind => [kind, keys[kind].size])),
    leftOut
  }
  return session
})
