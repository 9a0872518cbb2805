// The HTTP server: where it listens, what it keeps and shows.
import {
  age,
  boolean,
  bytes32,
  emptyOr,
  isOrigin,
  KEEPING,
  keeping,
  listOf,
  oneOf,
  setting,
  webPage,
  whole
} from './setting.ts'

export const serverSettings = {
  HOST: setting({
    default: '127.0.0.1',
    allowed: 'a host name or an IP address of this machine',
    meaning: 'Address the HTTP server listens on. 0.0.0.0 opens it to the network: put TLS in front of it',
    decode: text => (/^[A-Za-z0-9.:_-]{1,253}$/.test(text) ? text : undefined)
  }),
  PORT: setting({
    default: '3000',
    allowed: 'a whole number from 0 to 65535; 0 takes a free port',
    meaning: 'Port of the HTTP server',
    decode: whole(0, 65_535)
  }),
  ALLOWED_HOSTS: setting({
    default: '',
    allowed: 'host names with commas between them',
    meaning:
      'Names by which the server may be asked, such as that of a reverse proxy, beside IP addresses and localhost. While the server listens on 127.0.0.1, or if any are set, requests with another Host are refused',
    decode: listOf(text => /^[A-Za-z0-9.-]{1,253}$/.test(text))
  }),
  CORS_ORIGINS: setting({
    default: '',
    allowed: 'origins such as https://app.example.com with commas between them, or *',
    meaning: 'Sites whose pages may use the API from a browser. They still need a key or an ID token',
    decode: listOf(text => text === '*' || isOrigin(text))
  }),
  DATA_DIR: setting({
    default: './data',
    allowed: 'a folder that this process may create and write',
    meaning: 'Folder of the embedded database and the generated keys. Only one server may run per folder',
    decode: text => (text.trim() === '' || text.includes('\0') ? undefined : text)
  }),
  DATABASE_CHECK_MAX_MB: setting({
    default: '128',
    allowed: 'a whole number from 0 to 1000000; 0 checks nothing',
    meaning:
      'Largest database, in MiB, that is read completely at each start in search of damage. A second takes about 80 MiB',
    decode: whole(0, 1_000_000)
  }),
  STORE: setting({
    default: 'sqlite',
    allowed: 'sqlite or firestore',
    meaning:
      'Where applications read: from the HTTP API only, or from Firestore as well. Credentials and messages that are not stored yet are always in DATA_DIR',
    decode: oneOf('sqlite', 'firestore')
  }),
  WEBHOOK_URL_PRIVATE: setting({
    default: 'false',
    allowed: 'true or false',
    meaning:
      'Also deliver webhooks to private addresses, such as a server in the same network. Whoever may manage webhooks can then send requests to what this machine can reach',
    decode: boolean
  }),
  API_KEY: setting({
    isSecret: true,
    default: '',
    allowed: 'at least 16 characters, no spaces; empty: generated at the first start and printed once',
    meaning: 'The administrator’s key for all requests to /v1, which creates the others (/v1/keys)',
    decode: emptyOr(text => (/^\S{16,512}$/.test(text) ? text : undefined))
  }),
  KEY_REQUESTS_PER_MINUTE: setting({
    default: '600',
    allowed: 'a whole number from 0 to 1000000; 0: as many as they like',
    meaning:
      'Requests that each key of /v1/keys may make in a minute, unless the key has a limit of its own. API_KEY and ID tokens have none',
    decode: whole(0, 1_000_000)
  }),
  EVENTS_KEEP: setting({
    default: '7d',
    allowed: 'a whole number with its unit, 12h or 90d, at most 99999d',
    meaning:
      'How long events can be read again: by streams that resume, by webhooks whose server did not answer, and by replays',
    decode: age
  }),
  INCIDENTS_KEEP: setting({
    default: '365d',
    allowed: KEEPING,
    meaning:
      'How long incidents are kept after they were last seen. Those that are neither acknowledged nor over stay',
    decode: keeping
  }),
  AUDIT_KEEP: setting({
    default: '90d',
    allowed: 'a whole number with its unit, 12h or 90d, at most 99999d',
    meaning: 'How long the audit log of changes made through the API is kept (GET /v1/audit)',
    decode: age
  }),
  TRUST_PROXY: setting({
    default: 'false',
    allowed: 'true or false',
    meaning:
      'Take from the last entry of X-Forwarded-For where a request comes from. Only behind a reverse proxy that writes it',
    decode: boolean
  }),
  VAULT_KEY: setting({
    isSecret: true,
    default: '',
    allowed:
      '32 bytes in base64 (44 characters); empty: generated into DATA_DIR/vault.key, readable by its owner only',
    meaning: 'Key that encrypts credentials, Signal keys and messages that are not stored yet',
    decode: emptyOr(bytes32)
  }),
  LOG_LEVEL: setting({
    default: 'info',
    allowed: 'trace, debug, info, warn, error or silent',
    meaning: 'Log level. No level logs message bodies, phone numbers or keys',
    decode: oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent')
  }),
  INSPECT: setting({
    default: 'false',
    allowed: 'true or false',
    meaning:
      'Enable the live inspector at /inspect for holders of the API key. Can be changed while the server runs (PUT /v1/inspector)',
    decode: boolean
  }),
  INSPECT_UI: setting({
    default: 'https://stately.ai/inspect',
    allowed: 'an http or https address; empty: only the page of this server',
    meaning:
      'Stately inspector that /inspect embeds beside its own diagram. The browser loads it, and it receives only what the page shows',
    decode: emptyOr(webPage)
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting({
    default: '',
    allowed: 'an http or https address; empty: no traces',
    meaning:
      'OpenTelemetry collector for traces (OTLP over HTTP, JSON). The standard variables OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME and OTEL_BSP_* apply',
    decode: emptyOr(webPage)
  })
}
