// The credentials and keys of a linked session, as Baileys' versions write them.
import { Option, Schema } from 'effect'

/** Protobuf objects write their bytes as base64, everything else as buffers. */
const Bytes = Schema.Union([Schema.Uint8Array, Schema.Uint8ArrayFromBase64])

const bytes = (least: number, most: number) =>
  Bytes.check(
    Schema.makeFilter((value: Uint8Array) => value.length >= least && value.length <= most, {
      message: `Expected ${least} to ${most} bytes`
    })
  )

const count = Schema.Finite.check(Schema.isInt(), Schema.isBetween({ minimum: 0, maximum: 0x7fffffff }))
const text = (most: number) => Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(most))

/** Public keys may have the byte in front that tells their type. */
const KeyPair = Schema.Struct({ public: bytes(32, 33), private: bytes(32, 32) })

const Jid = (server: string) =>
  Schema.String.check(
    Schema.isPattern(new RegExp(`^\\d{5,20}(_\\d+)?(:\\d{1,3})?@${server}$`), {
      message: 'Expected the address of a device'
    })
  )

const PhoneDevice = Jid(String.raw`s\.whatsapp\.net`)
const LidDevice = Jid('lid')

/** Without one of these a session cannot log in, or loses messages. */
export const REQUIRED_CREDS = {
  noiseKey: KeyPair,
  signedIdentityKey: KeyPair,
  signedPreKey: Schema.Struct({ keyPair: KeyPair, signature: bytes(64, 64), keyId: count }),
  registrationId: count,
  advSecretKey: text(100),
  me: Schema.Struct({
    id: PhoneDevice,
    lid: Schema.optionalKey(LidDevice),
    name: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(1000)))
  }),
  account: Schema.Struct({
    details: bytes(1, 1000),
    accountSignatureKey: Schema.optionalKey(bytes(0, 33)),
    accountSignature: bytes(64, 64),
    deviceSignature: bytes(64, 64)
  }),
  nextPreKeyId: count,
  firstUnuploadedPreKeyId: count
} as const

const OPTIONAL_CREDS = {
  signalIdentities: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({
        identifier: Schema.Struct({ name: text(100), deviceId: count }),
        identifierKey: bytes(32, 33)
      })
    ).check(Schema.isMaxLength(100))
  ),
  myAppStateKeyId: Schema.optionalKey(text(100)),
  lastAccountSyncTimestamp: Schema.optionalKey(Schema.Finite),
  platform: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(100))),
  accountSettings: Schema.optionalKey(Schema.Struct({ unarchiveChats: Schema.optionalKey(Schema.Boolean) })),
  registered: Schema.optionalKey(Schema.Boolean),
  lastPropHash: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(100))),
  routingInfo: Schema.optionalKey(bytes(0, 1000))
} as const

export const Creds = Schema.Struct({ ...REQUIRED_CREDS, ...OPTIONAL_CREDS })
export type Creds = typeof Creds.Type

const readStates = (value: Uint8Array) =>
  Schema.decodeOption(Schema.fromJsonString(Schema.Array(Schema.Unknown)))(Buffer.from(value).toString())

const Entry = Schema.Record(Schema.String, Schema.Unknown)

/** One state of the ratchet with a device. `closed` is -1 for the session that is in use, else when it was closed. */
const Ratchet = Schema.StructWithRest(
  Schema.Struct({
    indexInfo: Schema.StructWithRest(
      Schema.Struct({ used: Schema.optionalKey(Schema.Finite), closed: Schema.Finite }),
      [Entry]
    )
  }),
  [Entry]
)

export const SessionRecord = Schema.Struct({
  _sessions: Schema.Record(Schema.String, Ratchet),
  version: Schema.optionalKey(Schema.String)
})
export type SessionRecord = typeof SessionRecord.Type

/** JSON within bytes; Baileys before 6.6 stored the list itself. */
const SenderKey = Schema.Union([
  Schema.Uint8Array.check(
    Schema.makeFilter((value: Uint8Array) => Option.isSome(readStates(value)), {
      message: 'Expected the states of a sender key'
    })
  ),
  Schema.Array(Schema.Unknown)
])

export const AppStateVersion = Schema.Struct({
  version: count,
  hash: bytes(128, 128),
  indexValueMap: Schema.Record(Schema.String, Schema.Struct({ valueMac: bytes(32, 32) }))
})

/** What a key of each kind has to be. */
export const KEYS = {
  'pre-key': KeyPair,
  session: SessionRecord,
  'sender-key': SenderKey,
  'sender-key-memory': Schema.Record(Schema.String, Schema.Boolean),
  'app-state-sync-key': Schema.StructWithRest(Schema.Struct({ keyData: bytes(32, 32) }), [Entry]),
  'app-state-sync-version': AppStateVersion,
  'lid-mapping': text(100),
  'device-list': Schema.Array(text(20)).check(Schema.isMaxLength(1000)),
  tctoken: Schema.Struct({
    token: bytes(0, 1000),
    timestamp: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite])),
    senderTimestamp: Schema.optionalKey(Schema.Finite)
  }),
  'identity-key': bytes(32, 33)
} as const
