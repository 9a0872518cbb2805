// What device and phone compute while a device is linked with a passkey: the proof, the commitment, the code and the key.
import { createHash } from 'node:crypto'
import { aesDecryptGCM, bytesToCrockford, Curve, hkdf, hmacSign, proto } from '@whiskeysockets/baileys'
import type { Prologue } from '../../state/session.ts'

/** What a device sends with its assertion; `undefined` when it is malformed. */
export const prologueIn = (
  payload: Buffer
): Pick<Prologue, 'identity' | 'publicKey' | 'deviceType' | 'reference' | 'commitment'> | undefined => {
  try {
    const { commitment, companionEphemeralIdentity } = proto.ProloguePayload.decode(payload)
    const identity = Buffer.from(companionEphemeralIdentity ?? [])
    const { deviceType, publicKey, ref } = proto.CompanionEphemeralIdentity.decode(identity)
    if (publicKey?.length !== 32 || commitment?.hash?.length !== 32 || !ref || deviceType == null) {
      return undefined
    }
    return {
      identity,
      publicKey: Buffer.from(publicKey),
      deviceType,
      reference: ref,
      commitment: Buffer.from(commitment.hash)
    }
  } catch {
    return undefined
  }
}

/** Made by a device that has the secret which the phone scanned, or got with a pairing code. */
export const handoffProof = (advSecret: Buffer, payload: Buffer): Buffer =>
  hmacSign(payload, hkdf(advSecret, 32, { info: 'shortcake-passkey-handoff-v1' }))

/** Whether this is the nonce that the device committed to before it knew the phone's. */
export const isCommittedTo = ({ commitment, identity }: Prologue, nonce: Buffer): boolean =>
  sha256(identity, nonce).equals(commitment)

/** What both show, so that the owner can compare it: XXXX-XXXX. */
export const comparedCode = ({ ephemeral, nonce }: Prologue, companionNonce: Buffer): string => {
  const digest = sha256(companionNonce, ephemeral.public)
  const code = bytesToCrockford(
    Buffer.from(nonce.subarray(0, 5).map((byte, index) => byte ^ (digest[index] ?? 0)))
  )
  return `${code.slice(0, 4)}-${code.slice(4)}`
}

/** The key of the pairing request. */
export const requestKey = ({ deviceType, ephemeral, publicKey, reference }: Prologue): Uint8Array =>
  hkdf(Buffer.from(Curve.sharedKey(ephemeral.private, publicKey)), 32, {
    salt: Buffer.from(`Companion Pairing ${deviceType} with ref ${reference}`),
    info: 'Pairing Information Encryption Key'
  })

/** The device's keys and its new secret; `undefined` when they cannot be decrypted. */
export const openRequest = (sealed: Buffer, key: Uint8Array): proto.PairingRequest | undefined => {
  try {
    const { encryptedPayload, iv } = proto.EncryptedPairingRequest.decode(sealed)
    if (!encryptedPayload || iv?.length !== 12) return undefined
    return proto.PairingRequest.decode(aesDecryptGCM(encryptedPayload, key, iv, Buffer.alloc(0)))
  } catch {
    return undefined
  }
}

const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
