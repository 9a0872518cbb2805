// Reads the live client version from WhatsApp's page, which is given to browsers only.
import { Effect, Schema, Stream } from 'effect'
import { get } from '../http-get.ts'
import { versionOfRevision } from './version.ts'

/** The page could not be read, or names no version. */
export class VersionUnknown extends Schema.TaggedError<VersionUnknown>()('VersionUnknown', {
  reason: Schema.String
}) {}

/** As a browser asks whose owner has opened the page. */
const HEADERS = {
  'user-agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  accept: '*/*',
  'accept-language': 'en-US,en;q=0.9',
  'accept-encoding': 'identity',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-site': 'none'
}

const TIMEOUT = '10 seconds'
/** Bytes; the page has some hundred thousand. */
const LARGEST_PAGE = 4 * 1024 * 1024
/** In a page that is JSON in a text, quotes are escaped. */
const REVISION = /\\?"client_revision\\?"\s*:\s*(\d{1,10})(?!\d)/

const interrupted = () => new VersionUnknown({ reason: 'the answer was interrupted' })

const read = Effect.fnUntraced(function* (page: URL, proxy: string | undefined) {
  const response = yield* get(page, { headers: HEADERS, proxy })
  if (response.statusCode !== 200)
    return yield* new VersionUnknown({ reason: `it was answered with HTTP status ${response.statusCode}` })
  response.setEncoding('latin1')
  let text = ''
  yield* Stream.fromAsyncIterable<unknown, VersionUnknown>(response, interrupted).pipe(
    Stream.mapEffect(part => {
      text += String(part)
      return text.length > LARGEST_PAGE
        ? Effect.fail(new VersionUnknown({ reason: 'it is larger than it can be' }))
        : Effect.void
    }),
    Stream.runDrain
  )
  return text
})

/** The version that the page names. Asks once, through the proxy of this address if there is one. */
export const liveVersion = Effect.fn('WhatsApp.liveVersion')(function* (
  page: URL,
  proxy: string | undefined
) {
  const text = yield* Effect.scoped(read(page, proxy)).pipe(
    Effect.catchTag('GetFailed', ({ reason }) => Effect.fail(new VersionUnknown({ reason }))),
    Effect.timeoutOrElse({
      duration: TIMEOUT,
      orElse: () => Effect.fail(new VersionUnknown({ reason: 'it did not answer in time' }))
    })
  )
  const version = versionOfRevision(REVISION.exec(text)?.[1] ?? '')
  return version ?? (yield* new VersionUnknown({ reason: 'it names no version' }))
})
