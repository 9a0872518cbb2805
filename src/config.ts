// Every setting of the server, once: name, default, what is allowed, one line of meaning.
// `--help`, `.env.example` and the README's table are made from this list. Nothing else reads the environment.
import { Result, Schema } from 'effect'

/** One setting as a person sees it: `decode` answers the value or, as text, what would be allowed. */
interface Setting<A> {
  readonly default: string
  readonly allowed: string
  readonly meaning: string
  readonly decode: (text: string) => A | undefined
}

const setting = <A>(definition: Setting<A>): Setting<A> => definition

const whole = (minimum: number, maximum: number) => (text: string) => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) && value >= minimum && value <= maximum ? value : undefined
}

const oneOf =
  <const A extends string>(...values: ReadonlyArray<A>) =>
  (text: string): A | undefined =>
    values.find(value => value === text)

const bytes32 = (text: string): Uint8Array | undefined => {
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  const value = Buffer.from(text, 'base64')
  return value.length === 32 ? new Uint8Array(value) : undefined
}

const emptyOr =
  <A>(decode: (text: string) => A | undefined) =>
  (text: string): A | undefined | '' =>
    text === '' ? '' : decode(text)

const webSocketUrl = (text: string): URL | undefined => {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'ws:' || url.protocol === 'wss:') ? url : undefined
}

const webPage = (text: string): URL | undefined => {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined
}

const mediaUrl = (text: string): URL | undefined => {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.pathname === '/'
    ? url
    : undefined
}

const clientVersion = (text: string): 'auto' | readonly [number, number, number] | undefined => {
  if (text === 'auto') return text
  const revision = Number(/^2\.3000\.([1-9]\d{0,9})$/.exec(text)?.[1] ?? Number.NaN)
  return revision < 2 ** 32 ? [2, 3000, revision] : undefined
}

const duration = (text: string): number | undefined => {
  const match = /^(\d{1,9})(ms|s|m|h)$/.exec(text)
  if (match === null) return undefined
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? '']
  const value = unit === undefined ? Number.NaN : Number(match[1]) * unit
  return value <= LONGEST_TIMER_MS ? value : undefined
}

/** An age, not a wait: no timer runs for it. */
const age = (text: string): number | undefined => {
  const days = /^(\d{1,5})d$/.exec(text)?.[1]
  return days === undefined ? positiveDuration(text) : Number(days) * 86_400_000 || undefined
}

/** Beyond this a timer of Node's fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** A deadline or a delay that must not be nothing. */
const positiveDuration = (text: string): number | undefined => duration(text) || undefined

const boolean = (text: string): boolean | undefined =>
  text === 'true' ? true : text === 'false' ? false : undefined

const DURATION = 'a whole number with its unit, 500ms, 30s, 5m or 1h, at most 596h'

export const settings = {
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
  DATA_DIR: setting({
    default: './data',
    allowed: 'a folder that this process may create and write',
    meaning: 'Folder of the embedded database and the generated keys. Only one server may run per folder',
    decode: text => (text.trim() === '' || text.includes('\0') ? undefined : text)
  }),
  STORE: setting({
    default: 'sqlite',
    allowed: 'sqlite or firestore',
    meaning:
      'Where applications read: from the HTTP API only, or from Firestore as well. Credentials and messages that are not stored yet are always in DATA_DIR',
    decode: oneOf('sqlite', 'firestore')
  }),
  FIREBASE_PROJECT_ID: setting({
    default: '',
    allowed: 'the id of a Firebase project',
    meaning: 'Firebase project for STORE=firestore, FIREBASE_AUTH and FIREBASE_STORAGE_BUCKET',
    decode: emptyOr(text => (/^[a-z][a-z0-9:.-]{2,62}$/.test(text) ? text : undefined))
  }),
  FIRESTORE_DATABASE: setting({
    default: '(default)',
    allowed: 'the id of a database of the project',
    meaning: 'Firestore database within the project',
    decode: text => (/^(\(default\)|[a-z][a-z0-9-]{3,62})$/.test(text) ? text : undefined)
  }),
  GOOGLE_APPLICATION_CREDENTIALS: setting({
    default: '',
    allowed: 'the path of a JSON key file; empty: the identity of the machine, on Google Cloud',
    meaning: 'Key file of a service account that may write to Firestore. Read by the Firebase client',
    decode: text => (text.includes('\0') ? undefined : text)
  }),
  FIRESTORE_EMULATOR_HOST: setting({
    default: '',
    allowed: 'host:port; empty: Google’s servers',
    meaning: 'Firestore emulator to use instead of Google’s servers',
    decode: emptyOr(text => (/^[A-Za-z0-9.-]+:\d{1,5}$/.test(text) ? text : undefined))
  }),
  FIRESTORE_OUTBOX_SWEEP: setting({
    default: '1m',
    allowed: DURATION,
    meaning:
      'How often the outbox in Firestore is checked for documents that the listener missed. Each check costs two reads, plus two for each waiting document',
    decode: positiveDuration
  }),
  FIREBASE_AUTH: setting({
    default: 'false',
    allowed: 'true or false',
    meaning:
      'Accept Firebase ID tokens of FIREBASE_PROJECT_ID as bearer tokens. The custom claim backscroll in the token says what a user may do',
    decode: boolean
  }),
  FIREBASE_AUTH_EMULATOR_HOST: setting({
    default: '',
    allowed: 'host:port; empty: Google’s servers',
    meaning:
      'Firebase Auth emulator. Its tokens are not signed: anyone who can reach this server can forge one',
    decode: emptyOr(text => (/^[A-Za-z0-9.-]+:\d{1,5}$/.test(text) ? text : undefined))
  }),
  FIREBASE_STORAGE_BUCKET: setting({
    default: '',
    allowed: 'the name of a bucket; empty: media are kept in DATA_DIR',
    meaning: 'Firebase Storage bucket for received files, instead of a folder in DATA_DIR',
    decode: emptyOr(text => (/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(text) ? text : undefined))
  }),
  FIREBASE_STORAGE_EMULATOR_HOST: setting({
    default: '',
    allowed: 'host:port; empty: Google’s servers',
    meaning: 'Firebase Storage emulator to use instead of Google’s servers',
    decode: emptyOr(text => (/^[A-Za-z0-9.-]+:\d{1,5}$/.test(text) ? text : undefined))
  }),
  FIRESTORE_RAMP_UP: setting({
    default: 'true',
    allowed: 'true or false',
    meaning:
      'Start with 500 writes per second and increase by half every five minutes, as Google recommends. Set to false for a database that already has more traffic',
    decode: boolean
  }),
  API_KEY: setting({
    default: '',
    allowed: 'at least 16 characters, no spaces; empty: generated at the first start and printed once',
    meaning: 'Bearer key for all requests to /v1',
    decode: emptyOr(text => (/^\S{16,512}$/.test(text) ? text : undefined))
  }),
  VAULT_KEY: setting({
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
  WHATSAPP_SYNC_FULL_HISTORY: setting({
    default: 'true',
    allowed: 'true or false',
    meaning: 'Ask the phone for its full history when a device is linked, not only for the recent part',
    decode: boolean
  }),
  WHATSAPP_BACKFILL_COUNT: setting({
    default: '100',
    allowed: 'a whole number from 0 to 1000000; 0 fetches everything, to the beginning',
    meaning:
      'Number of older messages per thread that are fetched from the phone automatically, in addition to the history it sends after linking. Known gaps are always filled, whatever their length',
    decode: whole(0, 1_000_000)
  }),
  WHATSAPP_BACKFILL_THREADS: setting({
    default: '50',
    allowed: 'a whole number from 0 to 100000; 0 fetches no older messages automatically',
    meaning:
      'Number of threads for which older messages are fetched automatically, most recently active first',
    decode: whole(0, 100_000)
  }),
  WHATSAPP_HISTORY_SYNC_DRY_RUN: setting({
    default: 'false',
    allowed: 'true or false',
    meaning:
      'Dry run: download and read history, count per thread what would be stored, and store none of it. Live messages are stored. After a restart without this setting the server stores the history that the phone sent after linking, and requests older pages again',
    decode: boolean
  }),
  BACKFILL_TIMEOUT: setting({
    default: '1m',
    allowed: DURATION,
    meaning: 'How long to wait for the phone’s answer to a request for older messages',
    decode: positiveDuration
  }),
  BACKFILL_RETRY_MAX: setting({
    default: '1h',
    allowed: DURATION,
    meaning:
      'Longest wait before a phone that did not answer is asked again. The wait starts at one minute and doubles',
    decode: positiveDuration
  }),
  BACKFILL_DELAY: setting({
    default: '30s',
    allowed: DURATION,
    meaning:
      'How long to wait after linking, or after the last history chunk, before older messages are requested. There is no wait once the phone reports that it has sent everything',
    decode: duration
  }),
  OFFLINE_QUEUE: setting({
    default: '336h',
    allowed: DURATION,
    meaning:
      'How long WhatsApp reliably keeps messages for an account that is offline. After a longer absence every thread gets a gap, which is filled from the phone',
    decode: positiveDuration
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
  MEDIA_MAX_MB: setting({
    default: '64',
    allowed: 'a whole number from 1 to 2000',
    meaning: 'Largest file that can be sent, in MiB. WhatsApp accepts up to 2000 as a document',
    decode: whole(1, 2000)
  }),
  MEDIA_URL_PRIVATE: setting({
    default: 'false',
    allowed: 'true or false',
    meaning:
      'Also fetch files to send from private addresses, such as a server in the same network. Anyone with the API key can then read what this machine can reach',
    decode: boolean
  }),
  MEDIA_DOWNLOAD: setting({
    default: 'on-demand',
    allowed: 'none, on-demand, recent or all',
    meaning:
      'Which received files are downloaded: none, only requested ones (on-demand), also recent ones automatically (recent), or all',
    decode: oneOf('none', 'on-demand', 'recent', 'all')
  }),
  MEDIA_DOWNLOAD_RECENT: setting({
    default: '30d',
    allowed: 'a whole number with its unit, 12h or 30d, at most 99999d',
    meaning: 'Maximum age of messages whose files are downloaded automatically with MEDIA_DOWNLOAD=recent',
    decode: age
  }),
  MEDIA_DOWNLOAD_MAX_MB: setting({
    default: '100',
    allowed: 'a whole number from 1 to 2000',
    meaning: 'Largest file that is downloaded, in MiB',
    decode: whole(1, 2000)
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
  }),
  SEND_TIMEOUT: setting({
    default: '30s',
    allowed: DURATION,
    meaning:
      "How long to wait for WhatsApp's acknowledgement before a message is sent again with the same id",
    decode: positiveDuration
  })
}

export type SettingName = keyof typeof settings
export const settingNames = Object.keys(settings).filter((name): name is SettingName => name in settings)

type Decoded<S> = S extends Setting<infer A> ? Exclude<A, undefined> : never
type Settings = { readonly [Name in SettingName]: Decoded<(typeof settings)[Name]> }

/** The decoded settings. Durations are milliseconds; an optional setting that is not set is `''`. */
export interface Config extends Settings {
  /** Whether the server talks to another WhatsApp server than WhatsApp's, such as the simulator. */
  readonly simulated: boolean
}

/** Settings that cannot be used, each with its name and what is allowed. Values are never repeated: they may be secrets. */
export class ConfigError extends Schema.TaggedError<ConfigError>()('ConfigError', {
  problems: Schema.Array(Schema.Struct({ setting: Schema.String, allowed: Schema.String }))
}) {
  override get message(): string {
    return this.problems
      .map(({ setting: name, allowed }) => `${name} is not usable. Allowed: ${allowed}`)
      .join('\n')
  }
}

const decodeAll = (
  environment: Readonly<Record<string, string | undefined>>,
  problems: Array<{ setting: string; allowed: string }>
): Settings => {
  const decoded: Record<string, unknown> = {}
  for (const name of settingNames) {
    const definition = settings[name]
    const value = definition.decode(environment[name] ?? definition.default)
    if (value === undefined) problems.push({ setting: name, allowed: definition.allowed })
    decoded[name] = value
  }
  // Each value came from the decoder of its own name; with problems the result is never used.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return decoded as unknown as Settings
}

/** Reads the settings from an environment, refusing wrong values, unsafe combinations and misspelt names. */
export const loadConfig = (
  environment: Readonly<Record<string, string | undefined>>
): Result.Result<Config, ConfigError> => {
  const problems: Array<{ setting: string; allowed: string }> = []
  const values = decodeAll(environment, problems)
  for (const name of Object.keys(environment)) {
    if (name.startsWith('WHATSAPP_') && !(name in settings)) {
      problems.push({
        setting: name,
        allowed: `one of ${settingNames.filter(known => known.startsWith('WHATSAPP_')).join(', ')}`
      })
    }
  }
  if (problems.length > 0) return Result.fail(new ConfigError({ problems }))
  const simulated = values.WHATSAPP_URL.href !== new URL(settings.WHATSAPP_URL.default).href
  if (simulated !== (values.WHATSAPP_TRUST_ROOT !== '')) {
    problems.push({
      setting: simulated ? 'WHATSAPP_URL' : 'WHATSAPP_TRUST_ROOT',
      allowed: "both WHATSAPP_URL and WHATSAPP_TRUST_ROOT (a server of your own), or neither (WhatsApp's)"
    })
  }
  const usesFirebase =
    values.FIREBASE_AUTH || values.STORE === 'firestore' || values.FIREBASE_STORAGE_BUCKET !== ''
  if (usesFirebase && values.FIREBASE_PROJECT_ID === '') {
    problems.push({
      setting: 'FIREBASE_PROJECT_ID',
      allowed:
        'the id of the Firebase project, with STORE=firestore, FIREBASE_AUTH=true or a FIREBASE_STORAGE_BUCKET'
    })
  }
  if (values.RECONNECT_MIN > values.RECONNECT_MAX) {
    problems.push({ setting: 'RECONNECT_MIN', allowed: 'no longer than RECONNECT_MAX' })
  }
  return problems.length > 0
    ? Result.fail(new ConfigError({ problems }))
    : Result.succeed({ ...values, simulated })
}

/** The text of `npm start -- --help`. */
export const describeSettings = (): string =>
  settingNames
    .map(name => {
      const { default: standard, allowed, meaning } = settings[name]
      return `  ${name}${standard === '' ? '' : `=${standard}`}\n      ${meaning}.\n      Allowed: ${allowed}.`
    })
    .join('\n')

/** The text of `.env.example`. */
export const envExample = (): string =>
  settingNames
    .map(name => {
      const { default: standard, allowed, meaning } = settings[name]
      return `# ${meaning}.\n# Allowed: ${allowed}.\n# ${name}=${standard}\n`
    })
    .join('\n')
