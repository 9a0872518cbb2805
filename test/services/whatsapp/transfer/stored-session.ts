// A linked session as Baileys holds it, with a key of each kind.
import {
  type AuthenticationCreds,
  BufferJSON,
  Curve,
  initAuthCreds,
  proto,
  type SignalDataSet
} from '@whiskeysockets/baileys'

const bytes = (length: number, fill = 7) => Buffer.alloc(length, fill)

export const creds = (): AuthenticationCreds => ({
  ...initAuthCreds(),
  me: { id: '4915112345678:12@s.whatsapp.net', lid: '123456789012345:12@lid', name: 'Ann' },
  account: proto.ADVSignedDeviceIdentity.create({
    details: bytes(40),
    accountSignatureKey: bytes(32),
    accountSignature: bytes(64),
    deviceSignature: bytes(64)
  }),
  signalIdentities: [
    { identifier: { name: '123456789012345:12@lid', deviceId: 0 }, identifierKey: bytes(33) }
  ],
  myAppStateKeyId: 'AAAAAA/x',
  nextPreKeyId: 31,
  firstUnuploadedPreKeyId: 31,
  platform: 'android',
  routingInfo: bytes(4)
})

export const record = (used: number, closed = -1) => ({
  _sessions: {
    [`base${used}=`]: {
      registrationId: 1,
      currentRatchet: { rootKey: 'AAAA', previousCounter: 0 },
      indexInfo: { baseKey: 'AAAA', baseKeyType: 2, closed, used, created: 1, remoteIdentityKey: 'AAAA' },
      _chains: {
        'AAA=': { chainKey: { counter: 3, key: 'AAAA' }, chainType: 1, messageKeys: { '2': 'AAAA' } }
      }
    }
  },
  version: 'v1'
})

/** Ids with everything that a file name cannot have. */
export const keys = (): SignalDataSet => ({
  'pre-key': { '29': Curve.generateKeyPair(), '30': Curve.generateKeyPair() },
  session: { '123456789012345_1.0': record(5) as never, '4915112345678.3': record(6) as never },
  'sender-key': {
    '120363000000000000@g.us::123456789012345_1::12': Buffer.from(JSON.stringify([{ senderKeyId: 5 }])),
    '4915-1600@g.us::4915199::0': Buffer.from(JSON.stringify([{ senderKeyId: 6 }]))
  },
  'sender-key-memory': { '120363000000000000@g.us': { '4915199:2@s.whatsapp.net': true } },
  'app-state-sync-key': {
    'AAAAAA/x': proto.Message.AppStateSyncKeyData.create({ keyData: bytes(32), timestamp: 5 }),
    'BB//CC+=': proto.Message.AppStateSyncKeyData.create({ keyData: bytes(32, 9) })
  },
  'app-state-sync-version': {
    regular_high: {
      version: 4,
      hash: bytes(128),
      indexValueMap: { 'AbC/=': { valueMac: bytes(32) } }
    }
  },
  'lid-mapping': { '4915199': '999888777666555', '999888777666555_reverse': '4915199' },
  'device-list': { '4915199': ['0', '12'] },
  tctoken: { '999888777666555@lid': { token: bytes(20), timestamp: '1790000000' } },
  'identity-key': { '123456789012345_1.0': bytes(33) }
})

/** As every store of Baileys writes a value. */
export const json = (value: unknown): string => JSON.stringify(value, BufferJSON.replacer)

/** Every part by the name that Baileys gives it. */
export const named = (
  stored: SignalDataSet
): ReadonlyArray<readonly [kind: string, id: string, value: unknown]> =>
  Object.entries(stored).flatMap(([kind, values]) =>
    Object.entries(values).map(([id, value]) => [kind, id, value] as const)
  )

export const fileName = (name: string): string => name.replace(/\//g, '__').replace(/:/g, '-')
