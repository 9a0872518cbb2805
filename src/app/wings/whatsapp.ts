// The connection to WhatsApp, and where its files are fetched from.
import { Layer } from 'effect'
import type { Config } from '../../config.ts'
import { AppState } from '../../services/whatsapp/app-state/app-state.ts'
import { WhatsApp } from '../../services/whatsapp/whatsapp.ts'

const MEDIA_SERVER = 'https://mmg.whatsapp.net'

/** The simulator serves media beside its web socket; WhatsApp has a server of its own for it. */
export const mediaBase = (config: Config): URL => {
  if (config.WHATSAPP_MEDIA_URL !== '') return config.WHATSAPP_MEDIA_URL
  if (!config.simulated) return new URL(MEDIA_SERVER)
  const { host, protocol } = config.WHATSAPP_URL
  return new URL(`${protocol === 'wss:' ? 'https' : 'http'}://${host}`)
}

export const layer = (config: Config) =>
  WhatsApp.layer({
    url: config.WHATSAPP_URL,
    mediaBase: mediaBase(config),
    trustRoot: config.WHATSAPP_TRUST_ROOT,
    connectTimeoutMs: config.CONNECT_TIMEOUT,
    sendTimeoutMs: config.SEND_TIMEOUT,
    paceMs: config.START_PACE,
    keepStatuses: config.WHATSAPP_KEEP_STATUSES,
    syncFullHistory: config.WHATSAPP_SYNC_FULL_HISTORY,
    dryRun: config.WHATSAPP_HISTORY_SYNC_DRY_RUN
  }).pipe(Layer.provideMerge(AppState.layer))
