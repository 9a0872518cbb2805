// The formats of other servers, by their names.
import type { WebhookFormat } from '../../../domain/webhook.ts'
import { baileysRaw } from './baileys-raw.ts'
import { evolution } from './evolution.ts'
import type { Format } from './format.ts'
import { waha } from './waha.ts'

export type OtherFormat = Exclude<WebhookFormat, 'backscroll'>

export const FORMATS: Readonly<Record<OtherFormat, Format>> = {
  evolution,
  waha,
  'baileys-raw': baileysRaw
}

/** The events that a format may have; `backscroll` has those of the log, which `types` names. */
export const eventsOfFormat = (format: WebhookFormat): ReadonlyArray<string> =>
  format === 'backscroll' ? [] : FORMATS[format].events
