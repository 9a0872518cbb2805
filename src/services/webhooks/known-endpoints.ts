// What workers know of their endpoints: one that takes its events at once is not read from the database for each of them.
import { Context, Layer } from 'effect'
import type { Endpoint } from './endpoints.ts'

/** What was read of an endpoint is read again after a while, whatever happens. */
const KNOWN_MS = 5000

/** After so many attempts, those that are too many are removed. */
const REMOVED_EVERY = 100

export interface Known {
  /** Active; its place may be further. */
  readonly endpoint: Endpoint
  /** When it was read, milliseconds since 1970. Nothing was to be delivered then but what is in the log after its place. */
  readonly at: number
}

/** How far an endpoint is. What it does not want is not written down one by one. */
export interface Progress {
  /** The last event that was looked at. */
  seen: number
  /** The place that was written down last. */
  written: number
  /** How much of what was read last it wants, from 0 to 1. */
  share: number
}

export class KnownEndpoints extends Context.Service<
  KnownEndpoints,
  {
    readonly get: (webhookId: string, now: number) => Endpoint | undefined
    /** Begins to read an endpoint; what was read is kept unless the endpoint is changed meanwhile. */
    readonly reading: (webhookId: string) => (known: Known) => void
    readonly progressOf: (endpoint: Endpoint) => Progress
    /** The last event that an endpoint has looked at since the server started; 0 when it has none. */
    readonly seenOf: (webhookId: string) => number
    /** Counts attempts that are recorded; whether it is time to remove those that are too many. */
    readonly countAttempts: (webhookId: string, attempts: number) => boolean
    /** The endpoint is changed, or has more to deliver than what is new. */
    readonly forget: (webhookId: string) => void
  }
>()('backscroll/services/webhooks/KnownEndpoints') {
  static readonly layer: Layer.Layer<KnownEndpoints> = Layer.sync(KnownEndpoints, () => {
    const known = new Map<string, Known>()
    const changes = new Map<string, number>()
    const progress = new Map<string, Progress>()
    const recorded = new Map<string, number>()
    return KnownEndpoints.of({
      get: (webhookId, now) => {
        const found = known.get(webhookId)
        return found !== undefined && Math.abs(now - found.at) < KNOWN_MS ? found.endpoint : undefined
      },
      reading: webhookId => {
        const before = changes.get(webhookId)
        return found => {
          if (changes.get(webhookId) === before) known.set(webhookId, found)
        }
      },
      progressOf: ({ place, webhookId }) => {
        const found = progress.get(webhookId) ?? { seen: place, written: place, share: 0 }
        progress.set(webhookId, found)
        return found
      },
      seenOf: webhookId => progress.get(webhookId)?.seen ?? 0,
      countAttempts: (webhookId, attempts) => {
        const counted = (recorded.get(webhookId) ?? REMOVED_EVERY) + attempts
        const isTime = counted >= REMOVED_EVERY
        recorded.set(webhookId, isTime ? 0 : counted)
        return isTime
      },
      forget: webhookId => {
        known.delete(webhookId)
        changes.set(webhookId, (changes.get(webhookId) ?? 0) + 1)
      }
    })
  })
}
