// The settings of connections, and Baileys' configuration made of them.
import type { Agent } from 'node:https'
import {
  Browsers,
  type CacheStore,
  type GroupMetadata,
  proto,
  type SocketConfig,
  type UserFacingSocketConfig
} from '@whiskeysockets/baileys'
import type { Version } from '../version/version.ts'

export interface WhatsAppOptions {
  readonly url: URL
  /** Where files of WhatsApp's media server are. */
  readonly mediaBase: URL
  /** Root key of another server than WhatsApp's; `''` trusts WhatsApp's own only. */
  readonly trustRoot: Uint8Array | ''
  readonly connectTimeoutMs: number
  readonly sendTimeoutMs: number
  /** How long nothing may be heard before a connection tests itself. */
  readonly selfTestAfterMs: number
  readonly selfTestTimeoutMs: number
  /** Pause between the openings of any two connections. */
  readonly paceMs: number
  readonly syncFullHistory: boolean
  /** Decrypts statuses and writes them down; they are acknowledged in any case. */
  readonly keepStatuses: boolean
  /** Whether applications may post statuses, of which it is told who has seen them. */
  readonly postStatuses: boolean
  /** Creates no threads for chats without a message. */
  readonly dryRun: boolean
}

export const QR_LIFETIME_MS = 30_000

/** WhatsApp sends its full history to desktop companions only. */
export const BROWSER = Browsers.macOS('Desktop')
/** What Baileys makes of that when it registers a device. */
export const DEVICE_TYPE = proto.DeviceProps.PlatformType.DESKTOP

/** What a connection puts in the place of Baileys' own parts. */
interface Replacements {
  readonly version: Version
  /** For the WebSocket and for uploads; `undefined` connects directly. */
  readonly agent: Agent | undefined
  readonly auth: UserFacingSocketConfig['auth']
  readonly logger: SocketConfig['logger']
  readonly makeSignalRepository: SocketConfig['makeSignalRepository']
  readonly userDevicesCache: CacheStore
  readonly cachedGroupMetadata: (jid: string) => Promise<GroupMetadata | undefined>
  /** The stored `Message` protobuf of a sent message, for a recipient that could not decrypt it. */
  readonly readSent: (whatsAppId: string) => Promise<Uint8Array | undefined>
}

export const socketConfig = (
  options: WhatsAppOptions,
  { agent, readSent, version, ...replacements }: Replacements
): UserFacingSocketConfig => ({
  ...replacements,
  version: [...version],
  ...(agent === undefined ? {} : { agent, fetchAgent: agent }),
  waWebSocketUrl: options.url,
  connectTimeoutMs: options.connectTimeoutMs,
  browser: BROWSER,
  syncFullHistory: options.syncFullHistory,
  markOnlineOnConnect: false,
  emitOwnEvents: false,
  generateHighQualityLinkPreview: false,
  // While Baileys pauses after a message that cannot be read, nobody else's is read either.
  retryRequestDelayMs: 0,
  transactionOpts: { maxCommitRetries: 3, delayBetweenTriesMs: 200 },
  // Asked once as a probe (yes) and once with each real notification (no: this server fetches chunks itself).
  shouldSyncHistoryMessage: notice => !notice.directPath && !notice.initialHistBootstrapInlinePayload?.length,
  getMessage: async key => {
    const raw = key.id == null ? undefined : await readSent(key.id)
    return raw === undefined ? undefined : proto.Message.decode(raw)
  }
})
