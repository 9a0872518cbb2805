// Received files over HTTP: fetched when they are not here yet, streamed with ranges, and never given a chance to run.
import { Effect } from 'effect'
import { HttpServerRequest, HttpServerResponse } from 'effect/http'
import { HttpApiBuilder } from 'effect/http-api'
import { parseMessageKey } from '../domain/ids.ts'
import type { Message } from '../domain/message.ts'
import { Accounts } from '../services/accounts.ts'
import { contentHashOf } from '../services/media/download.ts'
import { Media } from '../services/media/media.ts'
import type { MediaWaits, OpenError } from '../services/media/outcomes.ts'
import { Store } from '../services/conversations/store.ts'
import { Api } from './api.ts'
import { findAccount } from './find-account.ts'
import { dispositionOf, namesContent, partOf, shownAs } from './media-headers.ts'
import {
  MediaBroken,
  MediaGoneForGood,
  MediaNotTaken,
  MediaOnItsWay,
  NotFound,
  StoreUnavailable
} from './problems.ts'

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/gif': '.gif',
  'image/webp': '.webp',
  'audio/mpeg': '.mp3',
  'audio/ogg': '.ogg',
  'audio/mp4': '.m4a',
  'video/mp4': '.mp4',
  'application/pdf': '.pdf'
}

const tagOf = (file: string): string => `"${file}"`

/** Without the file: what holds for every answer about it. */
const headersOf = (message: Message, file: string): Record<string, string> => {
  const { contentType, isInline } = shownAs(message.media?.mimeType ?? null)
  const standard = `${message.type.replaceAll(/[^a-z]/gi, '')}-${file.slice(0, 12)}${EXTENSIONS[contentType] ?? ''}`
  return {
    'content-disposition': dispositionOf(message.media?.fileName ?? null, standard, isInline),
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'private, max-age=31536000, immutable',
    'accept-ranges': 'bytes',
    etag: tagOf(file)
  }
}

const WAITING: Readonly<Record<MediaWaits['for'], string>> = {
  transfer: 'The file is still being transferred from WhatsApp. Ask again in a minute; what has come is kept',
  phone:
    'WhatsApp no longer has the file and the phone, which was asked for it, has not answered. Open WhatsApp on the phone; the file is fetched when it answers, so ask again later',
  connection:
    'WhatsApp no longer has the file and the phone cannot be asked while the account is offline. Connect the account; the file is asked for then, so ask again later'
}

const problemOf = (error: OpenError) => {
  switch (error._tag) {
    case 'NoMedia':
      return new NotFound({ detail: 'The message has no file, or WhatsApp named none that could be fetched' })
    case 'MediaOff':
      return new MediaNotTaken({
        detail: 'Media are not downloaded by this server. Set MEDIA_DOWNLOAD to on-demand, recent or all'
      })
    case 'MediaTooLarge':
      return new MediaNotTaken({
        detail: 'The file is larger than this server downloads. Raise MEDIA_DOWNLOAD_MAX_MB'
      })
    case 'MediaGone':
      return new MediaGoneForGood({ detail: 'WhatsApp no longer has the file, nor has the phone' })
    case 'MediaWaits':
      return new MediaOnItsWay({ detail: WAITING[error.for] })
    case 'MediaCorrupt':
      return new MediaBroken({
        detail: `What WhatsApp and the phone gave is not the file of this message: ${error.reason}`
      })
    case 'MediaUnavailable':
      return new MediaBroken({
        detail: `WhatsApp did not give the file: ${error.reason}. It is tried again by itself; ask again later`
      })
    case 'MediaStorageError':
    case 'DatabaseError':
      return new StoreUnavailable({ detail: 'The disk or the database refuses; GET /v1/incidents says why' })
  }
}

export const mediaLayer = HttpApiBuilder.group(
  Api,
  'media',
  Effect.fn(function* (handlers) {
    const store = yield* Store
    const media = yield* Media
    const accounts = yield* Accounts

    const find = Effect.fnUntraced(function* (messageKey: string) {
      const parts = parseMessageKey(messageKey)
      const message =
        parts === undefined
          ? undefined
          : yield* store
              .readMessage(parts.threadId, parts.messageId)
              .pipe(Effect.mapError(() => new StoreUnavailable({})))
      return message ?? (yield* new NotFound({ detail: 'There is no message with this key' }))
    })

    return handlers.handleAll({
      file: Effect.fn(function* ({ params, request }) {
        const message = yield* find(params.messageKey)
        const { headers } = HttpServerRequest.HttpServerRequest.of(request)
        // The content never changes: who has it need not wait for it to be fetched.
        const download = message.media?.download
        const known = download == null ? undefined : contentHashOf(download)
        if (known !== undefined && namesContent(headers['if-none-match'], tagOf(known))) {
          return HttpServerResponse.empty({ status: 304, headers: headersOf(message, known) })
        }
        const { file, size } = yield* Effect.mapError(media.open(message), problemOf)
        const common = headersOf(message, file)
        const isSame = headers['if-range'] === undefined || headers['if-range'] === tagOf(file)
        const part = isSame ? partOf(headers['range'], size) : 'whole'
        if (part === 'none') {
          return HttpServerResponse.empty({
            status: 416,
            headers: { ...common, 'content-range': `bytes */${size}` }
          })
        }
        const { contentType } = shownAs(message.media?.mimeType ?? null)
        if (part === 'whole') {
          return HttpServerResponse.stream(media.read(file), {
            contentType,
            contentLength: size,
            headers: common
          })
        }
        return HttpServerResponse.stream(media.read(file, part), {
          status: 206,
          contentType,
          contentLength: part.end - part.start + 1,
          headers: { ...common, 'content-range': `bytes ${part.start}-${part.end}/${size}` }
        })
      }),
      overview: Effect.fn(function* ({ params: { accountId } }) {
        yield* findAccount(accounts, accountId)
        const counts = yield* media.counts(accountId).pipe(Effect.mapError(() => new StoreUnavailable({})))
        return { policy: media.policy, ...counts }
      })
    })
  })
)
