// Asks WhatsApp for linking by pairing code. Baileys neither waits for the answer nor names a client that WhatsApp accepts; what
// follows, once the code is entered on the phone, is Baileys' own.
import { randomBytes } from 'node:crypto'
import {
  aesEncryptCTR,
  bytesToCrockford,
  derivePairingCodeKey,
  getBinaryNodeChild,
  jidEncode,
  type WASocket
} from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import { ask, leaf, QueryRefused } from './query.ts'

/**
 * WhatsApp refuses pairing codes of desktop clients, and display names that are not `browser (system)`. The login stays that of a
 * desktop client: only those are given the full history.
 */
const PLATFORM_ID = '1'
const DISPLAY_NAME = 'Chrome (Mac OS)'

/** A pairing code, once WhatsApp waits for it to be entered on the phone of this number. */
export const requestPairingCode = Effect.fnUntraced(function* (
  socket: WASocket,
  phoneNumber: string
): Effect.fn.Return<string, QueryRefused> {
  const { creds } = socket.authState
  const code = bytesToCrockford(randomBytes(5))
  const jid = jidEncode(phoneNumber, 's.whatsapp.net')
  // Baileys reads these when the phone answers.
  creds.pairingCode = code
  creds.me = { id: jid, name: '~' }
  const answer = yield* ask(socket, 'set', {
    tag: 'link_code_companion_reg',
    attrs: { jid, stage: 'companion_hello', should_show_push_notification: 'true' },
    content: [
      leaf(
        'link_code_pairing_wrapped_companion_ephemeral_pub',
        yield* Effect.promise(() => wrapKey(creds.pairingEphemeralKeyPair.public, code))
      ),
      leaf('companion_server_auth_key_pub', creds.noiseKey.public),
      leaf('companion_platform_id', Buffer.from(PLATFORM_ID)),
      leaf('companion_platform_display', Buffer.from(DISPLAY_NAME)),
      leaf('link_code_pairing_nonce', Buffer.from('0'))
    ]
  })
  const registration = getBinaryNodeChild(answer, 'link_code_companion_reg')
  if (getBinaryNodeChild(registration, 'link_code_pairing_ref') === undefined)
    return yield* new QueryRefused({ code: 0 })
  return code
})

/** A salt (32 bytes), an IV (16) and the key, encrypted with what the code gives. */
const wrapKey = async (key: Uint8Array, code: string): Promise<Buffer> => {
  const salt = randomBytes(32)
  const iv = randomBytes(16)
  return Buffer.concat([salt, iv, aesEncryptCTR(key, await derivePairingCodeKey(code, salt), iv)])
}

/** What a refusal means, and what to do instead. */
export const codeRefusal = ({ code }: QueryRefused): string => {
  switch (code) {
    case 0:
      return 'WhatsApp did not answer the request for a pairing code. Try again, or link by QR code'
    case 400:
      return 'WhatsApp gives no pairing code for this number. Check the number with its country code, or link by QR code'
    case 429:
      return 'WhatsApp was asked for too many pairing codes. Wait an hour, or link by QR code'
    default:
      return `WhatsApp gives no pairing code (code ${code}). Try again later, or link by QR code`
  }
}
