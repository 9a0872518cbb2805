// Transfers the encrypted bytes of one file from WhatsApp's media server, and continues where an earlier transfer stopped.
import type { IncomingMessage } from 'node:http'
import { Effect, Schedule, Stream } from 'effect'
import { get } from '../http-get.ts'
import type { EncryptedBytes } from './encrypted-bytes.ts'
import { MediaExpired, MediaTooLarge, MediaUnavailable } from './errors.ts'

const ANSWER_TIMEOUT = '30 seconds'
/** A transfer may take as long as it needs while bytes arrive. */
const SILENCE_TIMEOUT = '30 seconds'
/** An interrupted transfer is continued at once this often; callers may try again later. */
const CONTINUE = { schedule: Schedule.exponential('100 millis'), times: 3 }

const unavailable = (reason: string) => new MediaUnavailable({ reason })

const request = (url: URL, proxy: string | undefined, from: number) =>
  get(url, {
    proxy,
    headers: {
      Origin: 'https://web.whatsapp.com',
      // A compressed answer would not be the encrypted bytes.
      'Accept-Encoding': 'identity',
      ...(from > 0 ? { Range: `bytes=${from}-` } : {})
    }
  }).pipe(
    Effect.mapError(({ byProxy, reason }) =>
      unavailable(byProxy ? reason : 'the media server cannot be reached')
    ),
    Effect.timeoutOrElse({
      duration: ANSWER_TIMEOUT,
      orElse: () => Effect.fail(unavailable('the media server did not answer in time'))
    })
  )

/** First byte and full size of an answer, as far as the media server states them. */
const placeOf = ({
  headers,
  statusCode
}: IncomingMessage): { readonly start: number; readonly total: number | undefined } => {
  const [, start, total] =
    /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(headers['content-range'] ?? '') ?? []
  if (statusCode === 206) {
    return { start: Number(start), total: total === '*' ? undefined : Number(total) }
  }
  const length = headers['content-length']
  return { start: 0, total: length === undefined ? undefined : Number(length) }
}

const bodyOf = (
  response: IncomingMessage,
  largest: number
): Stream.Stream<Uint8Array, MediaUnavailable | MediaTooLarge> => {
  let size = 0
  return Stream.fromAsyncIterable<Uint8Array, MediaUnavailable>(response, () =>
    unavailable('the transfer was interrupted')
  ).pipe(
    Stream.timeoutOrElse({
      duration: SILENCE_TIMEOUT,
      orElse: () => Stream.fail(unavailable('the media server stopped sending'))
    }),
    Stream.mapEffect(chunk => {
      size += chunk.length
      return size > largest ? Effect.fail(new MediaTooLarge({})) : Effect.succeed(chunk)
    })
  )
}

/** One request for what is missing. */
const transferOnce = <E>(url: URL, bytes: EncryptedBytes<E>, largest: number, proxy: string | undefined) =>
  Effect.gen(function* () {
    const have = yield* bytes.size
    const response = yield* request(url, proxy, have)
    const status = response.statusCode ?? 0
    if (status === 403 || status === 404 || status === 410) return yield* new MediaExpired({ status })
    if (status === 416) {
      // All of it is here; or it is another file by now, which its hash will show.
      if (response.headers['content-range'] === `bytes */${have}`) return
      yield* bytes.remove
      return yield* unavailable('the media server has another file there')
    }
    if (status !== 200 && status !== 206) return yield* unavailable(`the media server answered ${status}`)
    const { start, total } = placeOf(response)
    if (total !== undefined && total > largest) return yield* new MediaTooLarge({})
    if (start !== 0 && start !== have) {
      yield* bytes.remove
      return yield* unavailable('the media server answered with another part')
    }
    yield* bytes.append(start, bodyOf(response, largest - start))
    const received = yield* bytes.size
    if (total !== undefined && received < total) return yield* unavailable('the transfer was interrupted')
  }).pipe(Effect.scoped)

/**
 * Completes when all of the file is in `bytes`; `largest` is the size in bytes that is still accepted, encrypted. `proxy` is the address of
 * the proxy to go through, if any.
 */
export const transfer = <E>(
  url: URL,
  bytes: EncryptedBytes<E>,
  largest: number,
  proxy: string | undefined
): Effect.Effect<void, MediaExpired | MediaUnavailable | MediaTooLarge | E> =>
  transferOnce(url, bytes, largest, proxy).pipe(
    Effect.retry({ while: error => error instanceof MediaUnavailable, ...CONTINUE }),
    Effect.tapError(error => (error instanceof MediaTooLarge ? bytes.remove : Effect.void))
  )
