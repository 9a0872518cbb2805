// The certificate chain a client checks during the Noise handshake: a local root signs an intermediate, the intermediate
// signs the server's static key. A client trusts it only when it is configured with this root's public key.
import { Curve, type KeyPair, proto, WA_CERT_DETAILS } from '@whiskeysockets/baileys'

export interface ServerIdentity {
  readonly root: KeyPair
  readonly staticKey: KeyPair
  readonly chain: Uint8Array
}

const NOT_AFTER = 4_000_000_000

/** A static key with its chain; below the same root, clients trust it as they trusted the one before. */
export const makeServerIdentity = (root: KeyPair = Curve.generateKeyPair()): ServerIdentity => {
  const intermediate = Curve.generateKeyPair()
  const staticKey = Curve.generateKeyPair()
  const { Details } = proto.CertChain.NoiseCertificate
  const intermediateDetails = Details.encode({
    serial: 1,
    issuerSerial: WA_CERT_DETAILS.SERIAL,
    key: intermediate.public,
    notBefore: 0,
    notAfter: NOT_AFTER
  }).finish()
  const leafDetails = Details.encode({
    serial: 2,
    issuerSerial: 1,
    key: staticKey.public,
    notBefore: 0,
    notAfter: NOT_AFTER
  }).finish()
  const chain = proto.CertChain.encode({
    intermediate: {
      details: intermediateDetails,
      signature: Curve.sign(root.private, intermediateDetails)
    },
    leaf: { details: leafDetails, signature: Curve.sign(intermediate.private, leafDetails) }
  }).finish()
  return { root, staticKey, chain }
}
