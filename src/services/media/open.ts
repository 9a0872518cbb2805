// Opens the file of a message for somebody who asks: at once if it is held, otherwise after waiting for it a while.
import { Clock, Effect } from 'effect'
import type { Message } from '../../domain/message.ts'
import { MediaTooLarge } from '../whatsapp/media/errors.ts'
import type { WhatsApp } from '../whatsapp/whatsapp.ts'
import type { MediaPolicy } from './download-worker.ts'
import type { Records } from './records.ts'
import type { Fetcher } from './fetcher.ts'
import { heldFile, type RecordStored } from './stored.ts'
import type { MediaFiles } from './files.ts'
import { MediaGone, MediaOff, MediaWaits, NoMedia } from './outcomes.ts'
import type { ReuploadRequests } from './reupload-requests.ts'
import { isTooLarge, sourceOf } from './source.ts'
import type { Waiters } from './waiters.ts'

export interface Opening {
  readonly policy: MediaPolicy
  /** Bytes. */
  readonly largest: number
  /** How long to wait for a file, in milliseconds. */
  readonly waitMs: number
  readonly files: MediaFiles['Service']
  readonly records: Pick<Records, 'known'>
  readonly recordStored: RecordStored
  readonly fetcher: Pick<Fetcher, 'startRequested'>
  readonly requests: Pick<ReuploadRequests, 'expedite'>
  readonly waiters: Waiters
  readonly whatsapp: Pick<WhatsApp['Service'], 'isConnected'>
}

/** Starts an attempt; or, when the phone has to upload the file first, expedites the request to it. */
const begin = Effect.fnUntraced(function* (opening: Opening, message: Message) {
  const { fetcher, records, requests, waitMs, whatsapp } = opening
  const entry = yield* records.known(message)
  if (entry === undefined || entry.stage === 'download') return yield* fetcher.startRequested(message)
  yield* requests.expedite(entry)
  const now = yield* Clock.currentTimeMillis
  // The phone did not answer in the time of an earlier request for the file: a repeated one is answered at once.
  const wasAwaited = entry.askedAt !== null && entry.askedAt < now - waitMs
  if (wasAwaited) return yield* new MediaWaits({ for: 'phone' })
  if (!(yield* whatsapp.isConnected(message.accountId))) {
    return yield* new MediaWaits({ for: 'connection' })
  }
})

const timedOut = Effect.fnUntraced(function* ({ records }: Opening, message: Message) {
  const entry = yield* records.known(message)
  const isTransfer = entry === undefined || entry.stage === 'download'
  return yield* new MediaWaits({ for: isTransfer ? 'transfer' : 'phone' })
})

export const openFile = (opening: Opening) =>
  Effect.fn('Media.open')(function* (message: Message) {
    const { files, largest, policy, recordStored, waiters, waitMs } = opening
    const source = sourceOf(message)
    if (source === undefined) return yield* new NoMedia({})
    const held = yield* heldFile(files, source)
    if (held !== undefined) {
      if (message.media?.stored !== true) yield* recordStored(message, held)
      return held
    }
    if (policy === 'none') return yield* new MediaOff({})
    if (isTooLarge(message, largest)) return yield* new MediaTooLarge({})
    if (message.media?.fetched?.state === 'gone') return yield* new MediaGone({})
    return yield* waiters.wait(message, begin(opening, message), {
      ms: waitMs,
      orElse: timedOut(opening, message)
    })
  })
