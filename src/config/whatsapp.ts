// Connections to WhatsApp, and how messages are sent over them.
import { proxyUrl } from '../domain/proxy.ts'
import {
  bytes32,
  DURATION,
  duration,
  emptyOr,
  mediaUrl,
  positiveDuration,
  setting,
  webPage,
  webSocketUrl
} from './setting.ts'

const clientVersion = (text: string): 'auto' | readonly [number, number, number] | undefined => {
  if (text === 'auto') return text
  const revision = Number(/^2\.3000\.([1-9]\d{0,9})$/.exec(text)?.[1] ?? Number.NaN)
  return revision < 2 ** 32 ? [2, 3000, revision] : undefined
}

export const whatsappSettings = {
  WHATSAPP_URL: setting({
    default: 'wss://web.whatsapp.com/ws/chat',
    allowed: 'a ws:// or wss:// address',
    meaning:
      'WhatsApp server. Any other server than the default (the simulator) also needs WHATSAPP_TRUST_ROOT',
    decode: webSocketUrl
  }),
  WHATSAPP_TRUST_ROOT: setting({
    default: '',
    allowed: '32 bytes in base64 (44 characters), only together with a WHATSAPP_URL of your own',
    meaning: "Root public key that signs the WhatsApp server's certificate. Empty: WhatsApp's own",
    decode: emptyOr(bytes32)
  }),
  WHATSAPP_MEDIA_URL: setting({
    default: '',
    allowed: 'an http:// or https:// address without a path',
    meaning:
      "Server of history chunks and media. Empty: WhatsApp's media server, or the host of WHATSAPP_URL if that is set",
    decode: emptyOr(mediaUrl)
  }),
  WHATSAPP_VERSION: setting({
    default: 'auto',
    allowed: 'auto, or a version 2.3000.n',
    meaning:
      'Client version that the server introduces itself with. auto: the live one, read from WHATSAPP_VERSION_URL once a day. A fixed one: that page is never asked',
    decode: clientVersion
  }),
  WHATSAPP_VERSION_URL: setting({
    default: '',
    allowed: 'an http:// or https:// address',
    meaning:
      "Page that names the live client version. Empty: WhatsApp's (https://web.whatsapp.com/sw.js), or /sw.js on the host of WHATSAPP_URL if that is set",
    decode: emptyOr(webPage)
  }),
  WHATSAPP_PROXY_URL: setting({
    default: '',
    allowed: 'an http://, https:// or socks5:// address without a path, with or without user:password@',
    meaning:
      'Proxy for everything that goes to WhatsApp, of accounts without a proxy of their own. Without one, connections are direct',
    decode: emptyOr(proxyUrl)
  }),
  PAIRING_TIMEOUT: setting({
    default: '3m',
    allowed: DURATION,
    meaning: 'How long a QR code or pairing code is offered before the account returns to the state stopped',
    decode: positiveDuration
  }),
  CONNECT_TIMEOUT: setting({
    default: '30s',
    allowed: DURATION,
    meaning: 'How long a connection may take to open before it is closed and retried',
    decode: positiveDuration
  }),
  RECONNECT_MIN: setting({
    default: '1s',
    allowed: DURATION,
    meaning: 'First reconnect delay; it doubles with every attempt, with full jitter',
    decode: positiveDuration
  }),
  RECONNECT_MAX: setting({
    default: '2m',
    allowed: DURATION,
    meaning: 'Longest reconnect delay',
    decode: positiveDuration
  }),
  IMPORT_WATCH: setting({
    default: '3s',
    allowed: DURATION,
    meaning:
      'How long the import of a session waits, once connected, for another server with the same session to take it back',
    decode: positiveDuration
  }),
  START_PACE: setting({
    default: '100ms',
    allowed: DURATION,
    meaning: 'Pause between the connection attempts of two accounts, at server start and after an outage',
    decode: duration
  }),
  SEND_PACE: setting({
    default: '250ms',
    allowed: DURATION,
    meaning: 'Minimum pause between two messages sent by one account',
    decode: duration
  }),
  SEND_TIMEOUT: setting({
    default: '30s',
    allowed: DURATION,
    meaning:
      "How long to wait for WhatsApp's acknowledgement before a message is sent again with the same id",
    decode: positiveDuration
  }),
  SELF_TEST_AFTER: setting({
    default: '1m',
    allowed: DURATION,
    meaning:
      'How long an open connection may hear nothing from WhatsApp, or a sent message stay unanswered, before the connection tests itself. On a quiet account the pause doubles up to 15 minutes',
    decode: positiveDuration
  }),
  SELF_TEST_TIMEOUT: setting({
    default: '30s',
    allowed: DURATION,
    meaning: 'How long WhatsApp may take to answer such a test before the connection is opened anew',
    decode: positiveDuration
  })
}
