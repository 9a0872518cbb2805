// The file of a message as a response: fetched when it is not stored yet, streamed with ranges, never executable.
import { Effect } from 'effect'
import { type HttpServerRequest, HttpServerResponse } from 'effect/http'
import { standardFileName } from '../../../domain/file-name.ts'
import { parseMessageKey } from '../../../domain/ids.ts'
import type { MediaVariantKind, Message } from '../../../domain/message.ts'
import { MessageStore } from '../../../services/conversations/message-store.ts'
import { contentHashOf } from '../../../services/media/download.ts'
import { Media } from '../../../services/media/media.ts'
import { requestedVariant } from '../../../services/media/variants.ts'
import { NotFound, orDatabaseUnavailable } from '../../problems.ts'
import { dispositionOf, namesContent, type Part, partOf, shownAs } from './file-headers.ts'
import { problemOf } from './problem.ts'

const tagOf = (file: string): string => `"${file}"`

/** The headers of every response about the file, also those without a body. */
const headersOf = (message: Message, file: string): Record<string, string> => {
  const { contentType, isInline } = shownAs(message.media?.mimeType ?? null)
  const standard = standardFileName(message.type, file, contentType)
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

const findMessage = Effect.fnUntraced(function* (messageKey: string) {
  const messages = yield* MessageStore
  const parts = parseMessageKey(messageKey)
  const message =
    parts === undefined
      ? undefined
      : yield* orDatabaseUnavailable(messages.read(parts.threadId, parts.messageId))
  return message ?? (yield* new NotFound({ detail: 'There is no message with this key' }))
})

/** The part of the file that the request asks for. A range of another version of the file is ignored. */
const requestedPart = (
  headers: HttpServerRequest.HttpServerRequest['headers'],
  file: string,
  size: number
): Part => {
  const isSame = headers['if-range'] === undefined || headers['if-range'] === tagOf(file)
  return isSame ? partOf(headers['range'], size) : 'whole'
}

export const downloadFile = Effect.fnUntraced(function* (
  messageKey: string,
  variant: MediaVariantKind | 'hd' | undefined,
  { headers }: HttpServerRequest.HttpServerRequest
) {
  const media = yield* Media
  const stored = yield* findMessage(messageKey)
  const message = requestedVariant(stored, variant)
  if (message === undefined) return yield* new NotFound({ detail: 'The message has no such file' })
  // The content never changes: a client that has it need not wait for the server to fetch it.
  const download = message.media?.download
  const known = download == null ? undefined : contentHashOf(download)
  if (known !== undefined && namesContent(headers['if-none-match'], tagOf(known))) {
    return HttpServerResponse.empty({ status: 304, headers: headersOf(message, known) })
  }
  const { file, size } = yield* Effect.mapError(media.open(message), problemOf)
  const common = headersOf(message, file)
  const part = requestedPart(headers, file, size)
  if (part === 'none') {
    return HttpServerResponse.empty({
      status: 416,
      headers: { ...common, 'content-range': `bytes */${size}` }
    })
  }
  const { contentType } = shownAs(message.media?.mimeType ?? null)
  if (part === 'whole') {
    return HttpServerResponse.stream(media.read(file), { contentType, contentLength: size, headers: common })
  }
  return HttpServerResponse.stream(media.read(file, part), {
    status: 206,
    contentType,
    contentLength: part.end - part.start + 1,
    headers: { ...common, 'content-range': `bytes ${part.start}-${part.end}/${size}` }
  })
})
