// What went wrong between a command and the server, in a sentence that says what to do.
import { BackscrollError } from '../../../client/index.ts'
import { CommandFailed, EXIT, failed, misused, wordsOf } from '../failure.ts'
import { plain } from '../screen/style.ts'

/** The code of a refusal that is none of the server's. */
const NO_PROBLEM = 'unknown'

/** What fields of the API are called here, where the names differ. */
const HERE: Readonly<Record<string, string>> = {
  accounts: '--account',
  expiresAt: '--expires',
  idempotencyKey: '--idempotency-key',
  'last-event-id': '--after',
  limit: '--limit',
  overlapSeconds: '--overlap',
  phoneNumber: '--code',
  q: 'words',
  replyTo: '--reply-to',
  sendAt: '--at',
  sender: '--sender',
  since: '--since',
  threadId: '--thread',
  timeout: '--timeout',
  to: '--to',
  type: '--type',
  types: '--type',
  until: '--until'
}

/** The fields that the server did not take, each with what is wrong with it. */
const fieldsOf = (problem: object): string => {
  if (!('errors' in problem) || !Array.isArray(problem.errors)) return ''
  return problem.errors
    .map((error: { readonly path: ReadonlyArray<string | number>; readonly message: string }) => {
      const name = error.path.slice(1).join('.')
      return `\n  ${name === '' ? '' : `${HERE[name] ?? name}: `}${error.message}`
    })
    .join('')
}

/** The server refuses with problems of its own; whatever else answers is something else. */
export const stranger = (url: string, answer: string): CommandFailed =>
  new CommandFailed({
    message: `What answers at ${url} is no Backscroll server (${answer}): another program has the port, or a proxy is in between that does not reach the server. Name another address: --url, or BACKSCROLL_URL`,
    exitCode: EXIT.unreachable
  })

const refusal = (url: string, { code, problem, status, traceId }: BackscrollError): CommandFailed => {
  if (code === NO_PROBLEM)
    return stranger(
      url,
      status < 400 ? 'it answers with something else' : plain(`${status} ${problem.title}`)
    )
  if (status === 401)
    return new CommandFailed({
      message:
        'The server does not know this key. Set BACKSCROLL_API_KEY to one that it knows, or name the file of one (--key-file)',
      exitCode: EXIT.refused
    })
  const words = plain(problem.detail ?? problem.title ?? `The server answered with ${status}`)
  if (status === 403)
    return new CommandFailed({ message: `This key may not do that: ${words}`, exitCode: EXIT.refused })
  const more = status >= 500 && traceId !== null ? `. The server's log has more under ${plain(traceId)}` : ''
  const fields = fieldsOf(problem)
  return fields === ''
    ? failed(`${words} (${plain(code)})${more}`)
    : misused(`The server does not take this (${plain(code)}):${fields}`)
}

/** `ECONNREFUSED` and the like, in the innermost cause. */
const networkCode = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  if (error instanceof AggregateError) return networkCode(error.errors[0])
  return networkCode(error.cause)
}

/** Words for codes that tell a person little. */
const WHY: Readonly<Record<string, string>> = {
  ERR_SSL_WRONG_VERSION_NUMBER: 'it speaks http, not https',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it speaks http, not https',
  UND_ERR_SOCKET: 'the connection was closed'
}

const silent = (url: string, why: string): CommandFailed =>
  new CommandFailed({
    message: `No server answers at ${url} (${why}). Start it with \`backscroll start\`, or name another one: --url, or BACKSCROLL_URL`,
    exitCode: EXIT.unreachable
  })

/** `fetch` itself says only that it failed. */
const innermost = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined ? innermost(error.cause) : wordsOf(error)

/** Why a request to the server at this address did not succeed. */
export const explained =
  (url: string) =>
  (error: unknown): CommandFailed => {
    if (error instanceof CommandFailed) return error
    if (error instanceof BackscrollError) return refusal(url, error)
    if (error instanceof Error && error.name === 'TimeoutError') return silent(url, 'it took too long')
    if (innermost(error) === 'unexpected redirect')
      return stranger(url, 'it sends on to another address, such as from http to https')
    const code = networkCode(error)
    return code === undefined
      ? failed(`The request to ${url} failed: ${plain(innermost(error))}`)
      : silent(url, WHY[code] ?? code)
  }
