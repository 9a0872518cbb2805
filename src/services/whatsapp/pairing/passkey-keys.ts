// What device and phone compute while a device is linked with a passkey: commitment, proof, code, keys. Pure but for randomness.
import { createHash, randomBytes } from 'node:crypto'
import {
  aesEncryptGCM,
  type AuthenticationCreds,
  bytesToCrockford,
  Curve,
  hkdf,
  hmacSign,
  type KeyPair,
  proto,
  WA_ADV_HOSTED_ACCOUNT_SIG_PREFIX
} from '@whiskeysockets/baileys'

/** A secret for device and phone, 32 bytes in base64 as Baileys keeps it. */
export const newAdvSecret = (): string => randomBytes(32).toString('base64')

/** What this device commits itself to before it knows the phone's half of the key. */
export interface Prologue {
  readonly keyPair: KeyPair
  readonly nonce: Buffer
  readonly reference: string
  readonly deviceType: proto.DeviceProps.PlatformType
  /** The encoded ProloguePayload. */
  readonly payload: Uint8Array
}

export const makePrologue = (reference: string, deviceType: proto.DeviceProps.PlatformType): Prologue => {
  const keyPair = Curve.generateKeyPair()
  const nonce = randomBytes(32)
  const identity = proto.CompanionEphemeralIdentity.encode({
    publicKey: keyPair.public,
    deviceType,
    ref: reference
  }).finish()
  const payload = proto.ProloguePayload.encode({
    companionEphemeralIdentity: identity,
    commitment: { hash: sha256(identity, nonce) }
  }).finish()
  return { keyPair, nonce, reference, deviceType, payload }
}

/** Proves that this device has the secret that the phone scanned or got with a pairing code (base64). */
export const handoffProof = (payload: Uint8Array, advSecret: string): Buffer =>
  hmacSign(payload, hkdf(Buffer.from(advSecret, 'base64'), 32, { info: 'shortcake-passkey-handoff-v1' }))

/** The phone's half of the key. */
export interface PrimaryIdentity {
  readonly publicKey: Uint8Array
  readonly nonce: Uint8Array
}

/** `undefined` when the bytes are no PrimaryEphemeralIdentity. */
export const primaryIdentityIn = (bytes: Uint8Array): PrimaryIdentity | undefined => {
  try {
    const { nonce, publicKey } = proto.PrimaryEphemeralIdentity.decode(bytes)
    return publicKey?.length === 32 && nonce?.length === 32 ? { publicKey, nonce } : undefined
  } catch {
    return undefined
  }
}

/** What device and phone show, so that a person can compare it: XXXX-XXXX. */
export const comparedCode = ({ nonce }: Prologue, primary: PrimaryIdentity): string => {
  const digest = sha256(nonce, primary.publicKey)
  const code = bytesToCrockford(
    Buffer.from(primary.nonce.subarray(0, 5).map((byte, index) => byte ^ (digest[index] ?? 0)))
  )
  return `${code.slice(0, 4)}-${code.slice(4)}`
}

/** The key under which the phone is sent the keys of this device. */
export const requestKey = (
  { deviceType, keyPair, reference }: Prologue,
  { publicKey }: PrimaryIdentity
): Uint8Array =>
  hkdf(Buffer.from(Curve.sharedKey(keyPair.private, publicKey)), 32, {
    salt: Buffer.from(`Companion Pairing ${deviceType} with ref ${reference}`),
    info: 'Pairing Information Encryption Key'
  })

/** The keys of this device and its new secret (base64), sealed: an encoded EncryptedPairingRequest. */
export const sealRequest = (
  { noiseKey, signedIdentityKey }: Pick<AuthenticationCreds, 'noiseKey' | 'signedIdentityKey'>,
  advSecret: string,
  key: Uint8Array
): Uint8Array => {
  const iv = randomBytes(12)
  const request = proto.PairingRequest.encode({
    companionPublicKey: noiseKey.public,
    companionIdentityKey: signedIdentityKey.public,
    advSecret: Buffer.from(advSecret, 'base64')
  }).finish()
  const encryptedPayload = aesEncryptGCM(request, key, iv, Buffer.alloc(0))
  return proto.EncryptedPairingRequest.encode({ encryptedPayload, iv }).finish()
}

/** Whether a phone made the device identity of a `pair-success` with this secret (base64). */
export const isMadeWith = (deviceIdentity: Uint8Array, advSecret: string): boolean => {
  try {
    const { accountType, details, hmac } = proto.ADVSignedDeviceIdentityHMAC.decode(deviceIdentity)
    if (!details || !hmac) return false
    const prefix =
      accountType === proto.ADVEncryptionType.HOSTED ? WA_ADV_HOSTED_ACCOUNT_SIG_PREFIX : Buffer.alloc(0)
    const expected = hmacSign(Buffer.concat([prefix, details]), Buffer.from(advSecret, 'base64'))
    return expected.equals(hmac)
  } catch {
    return false
  }
}

const sha256 = (...parts: ReadonlyArray<Uint8Array>): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
