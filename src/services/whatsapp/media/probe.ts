// Asks WhatsApp's media server whether it still has a file, without transferring it.
import { Effect } from 'effect'
import { get } from '../http-get.ts'

const ANSWER_TIMEOUT = '10 seconds'

/** `undefined` if the server does not say. `proxy` is the address of the proxy to go through, if any. */
export const isOnMediaServer = (url: URL, proxy: string | undefined): Effect.Effect<boolean | undefined> =>
  get(url, {
    proxy,
    headers: { Origin: 'https://web.whatsapp.com', 'Accept-Encoding': 'identity', Range: 'bytes=0-0' }
  }).pipe(
    Effect.map(({ statusCode = 0 }) => {
      if (statusCode === 200 || statusCode === 206) return true
      return statusCode === 403 || statusCode === 404 || statusCode === 410 ? false : undefined
    }),
    Effect.scoped,
    Effect.timeout(ANSWER_TIMEOUT),
    Effect.orElseSucceed(() => undefined)
  )
