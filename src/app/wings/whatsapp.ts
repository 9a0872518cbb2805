// The connection to WhatsApp, and where its files are fetched from.
import { Layer } from 'effect'
import type { Config } from '../../config.ts'
import { AppState } from '../../services/whatsapp/app-state/app-state.ts'
import { AccountProxies } from '../../services/whatsapp/proxy/account-proxies.ts'
import { ClientVersion } from '../../services/whatsapp/version/client-version.ts'
import { SessionTransfer } from '../../services/whatsapp/transfer/transfer.ts'
import { WhatsApp } from '../../services/whatsapp/whatsapp.ts'

const MEDIA_SERVER = 'https://mmg.whatsapp.net'
const WEB_CLIENT = 'https://web.whatsapp.com'

/** The host of the web socket, for what it serves over HTTP. */
export const httpHost = ({ WHATSAPP_URL: { host, protocol } }: Config): URL =>
  new URL(`${protocol === 'wss:' ? 'https' : 'http'}://${host}`)

/** The simulator serves media beside its web socket; WhatsApp has a server of its own for it. */
export const mediaBase = (config: Config): URL => {
  if (config.WHATSAPP_MEDIA_URL !== '') return config.WHATSAPP_MEDIA_URL
  if (!config.simulated) return new URL(MEDIA_SERVER)
  return httpHost(config)
}

/** The page that names the live client version. The simulator serves one beside its web socket. */
export const versionPage = (config: Config): URL => {
  if (config.WHATSAPP_VERSION_URL !== '') return config.WHATSAPP_VERSION_URL
  if (!config.simulated) return new URL('/sw.js', WEB_CLIENT)
  return new URL('/sw.js', httpHost(config))
}

const clientVersion = (config: Config) =>
  ClientVersion.layer({
    fixed: config.WHATSAPP_VERSION === 'auto' ? undefined : config.WHATSAPP_VERSION,
    page: versionPage(config)
  })

/** Which way the connections of accounts take; also for history and received files. */
export const proxies = ({ WHATSAPP_PROXY_URL: url }: Config) =>
  AccountProxies.layer({ defaultAddress: url === '' ? undefined : url.href })

export const layer = (config: Config) =>
  WhatsApp.layer({
    url: config.WHATSAPP_URL,
    mediaBase: mediaBase(config),
    trustRoot: config.WHATSAPP_TRUST_ROOT,
    connectTimeoutMs: config.CONNECT_TIMEOUT,
    sendTimeoutMs: config.SEND_TIMEOUT,
    selfTestAfterMs: config.SELF_TEST_AFTER,
    selfTestTimeoutMs: config.SELF_TEST_TIMEOUT,
    paceMs: config.START_PACE,
    keepStatuses: config.WHATSAPP_KEEP_STATUSES,
    postStatuses: config.WHATSAPP_POST_STATUSES,
    syncFullHistory: config.WHATSAPP_SYNC_FULL_HISTORY,
    dryRun: config.WHATSAPP_HISTORY_SYNC_DRY_RUN
  }).pipe(
    Layer.provideMerge(
      Layer.mergeAll(AppState.layer, SessionTransfer.layer, clientVersion(config), proxies(config))
    )
  )
