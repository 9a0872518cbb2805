// What the settings say about fetching history.
import { Context } from 'effect'

export interface BackfillOptions {
  /** Messages per thread that automatic jobs fetch; 0: all. */
  readonly count: number
  /** How many threads automatic jobs fetch the beginning of, most recently active first. */
  readonly threads: number
  /** How long the phone has for an answer. */
  readonly timeoutMs: number
  /** The longest time for which a silent phone is not asked. */
  readonly longestSilenceMs: number
  /** How long after the last chunk of history the server waits for the next one before it asks. */
  readonly settleMs: number
  /** How long WhatsApp keeps messages for a device that is away, at least. */
  readonly offlineQueueMs: number
}

export class BackfillSettings extends Context.Service<BackfillSettings, BackfillOptions>()(
  'backscroll/services/history/BackfillSettings'
) {}
