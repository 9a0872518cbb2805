// A certificate authority and a certificate for this machine's loopback addresses, written as DER by hand: clients build
// `https://` media addresses themselves and need something to trust. Each simulator has new ones.
import { createPublicKey, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'

export interface TlsIdentity {
  readonly key: string
  readonly certificate: string
  readonly caCertificate: string
}

const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  if (body.length < 128) return Buffer.concat([Buffer.of(tag, body.length), body])
  const length =
    body.length < 256 ? Buffer.of(0x81, body.length) : Buffer.of(0x82, body.length >> 8, body.length & 255)
  return Buffer.concat([Buffer.of(tag), length, body])
}

const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, ...parts)
const octets = (...parts: Uint8Array[]): Buffer => der(0x04, ...parts)
const bits = (bytes: Uint8Array): Buffer => der(0x03, Buffer.of(0), bytes)
const integer = (bytes: Uint8Array): Buffer => der(0x02, bytes)
const object = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const time = (text: string): Buffer => der(0x18, Buffer.from(text))
const yes = der(0x01, Buffer.of(0xff))

const ECDSA_SHA256 = sequence(object('2a8648ce3d040302'))
const COMMON_NAME = '550403'
const BASIC_CONSTRAINTS = '551d13'
const KEY_USAGE = '551d0f'
const SUBJECT_ALT_NAME = '551d11'
const EXTENDED_KEY_USAGE = '551d25'
const SERVER_AUTH = '2b06010505070301'

const nameOf = (text: string): Buffer =>
  sequence(der(0x31, sequence(object(COMMON_NAME), der(0x0c, Buffer.from(text)))))

const extension = (id: string, critical: boolean, value: Uint8Array): Buffer =>
  sequence(object(id), ...(critical ? [yes] : []), octets(value))

const issue = (options: {
  subject: string
  issuer: string
  publicKey: KeyObject
  signWith: KeyObject
  extensions: Buffer[]
}): string => {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  const body = sequence(
    der(0xa0, integer(Buffer.of(2))),
    integer(serial),
    ECDSA_SHA256,
    nameOf(options.issuer),
    sequence(time('20200101000000Z'), time('20491231235959Z')),
    nameOf(options.subject),
    options.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...options.extensions))
  )
  const signature = createSign('sha256').update(body).sign(options.signWith)
  const certificate = sequence(body, ECDSA_SHA256, bits(signature))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

export const makeTlsIdentity = (): TlsIdentity => {
  const authority = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const server = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const issuer = `Backscroll simulator ${randomBytes(4).toString('hex')}`
  const caCertificate = issue({
    subject: issuer,
    issuer,
    publicKey: authority.publicKey,
    signWith: authority.privateKey,
    extensions: [
      extension(BASIC_CONSTRAINTS, true, sequence(yes)),
      extension(KEY_USAGE, true, der(0x03, Buffer.of(1, 0x06)))
    ]
  })
  const names = sequence(
    // clients that are routed here keep asking for WhatsApp's own names
    ...['localhost', 'mmg.whatsapp.net', '*.whatsapp.net', 'web.whatsapp.com'].map(name =>
      der(0x82, Buffer.from(name))
    ),
    der(0x87, Buffer.of(127, 0, 0, 1)),
    der(0x87, Buffer.from('00000000000000000000000000000001', 'hex'))
  )
  const certificate = issue({
    subject: 'localhost',
    issuer,
    publicKey: createPublicKey(server.privateKey),
    signWith: authority.privateKey,
    extensions: [
      extension(KEY_USAGE, true, der(0x03, Buffer.of(7, 0x80))),
      extension(EXTENDED_KEY_USAGE, false, sequence(object(SERVER_AUTH))),
      extension(SUBJECT_ALT_NAME, false, names)
    ]
  })
  const key = server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { key, certificate, caCertificate }
}
