// Reads the live client version from WhatsApp's page, which is given to browsers only.
import type { Agent, IncomingMessage } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import { Effect, Schema } from 'effect'
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

const open = (page: URL, agent: Agent | undefined, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const client = page.protocol === 'https:' ? https : http
    client.request(page, { agent, headers: HEADERS, signal }, resolve).on('error', reject).end()
  })

const read = async (page: URL, agent: Agent | undefined, signal: AbortSignal): Promise<string> => {
  const response = await open(page, agent, signal)
  try {
    if (response.statusCode !== 200)
      throw new Error(`it was answered with HTTP status ${response.statusCode}`)
    let text = ''
    response.setEncoding('latin1')
    for await (const part of response) {
      text += String(part)
      if (text.length > LARGEST_PAGE) throw new Error('it is larger than it can be')
    }
    return text
  } finally {
    response.destroy()
  }
}

/** A code of the network, or the text of an error made here: others could hold addresses. */
const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return 'it cannot be read'
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}

/** The version that the page names. Asks once; `agent` decides which way the request takes. */
export const liveVersion = Effect.fn('WhatsApp.liveVersion')(function* (page: URL, agent: Agent | undefined) {
  const text = yield* Effect.tryPromise({
    try: signal => read(page, agent, signal),
    catch: cause => new VersionUnknown({ reason: reasonOf(cause) })
  }).pipe(
    Effect.timeoutOrElse({
      duration: TIMEOUT,
      orElse: () => Effect.fail(new VersionUnknown({ reason: 'it did not answer in time' }))
    })
  )
  const version = versionOfRevision(REVISION.exec(text)?.[1] ?? '')
  return version ?? (yield* new VersionUnknown({ reason: 'it names no version' }))
})
