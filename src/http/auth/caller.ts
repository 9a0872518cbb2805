// Who makes a request, and whether they may: the API key may do everything, a user what their token grants.
import { Context } from 'effect'
import { parseMessageKey, parseThreadId } from '../../domain/ids.ts'
import { type Grant, isAdmin, mayRead, maySend } from '../../domain/grant.ts'

/** What the caller of the present request may do, and until when; the API key has no end. */
export class Caller extends Context.Service<
  Caller,
  {
    readonly grant: Grant
    /** Milliseconds since 1970. */
    readonly until?: number
  }
>()('backscroll/http/Caller') {}

interface Asked {
  readonly method: string
  /** Path and query, as in the request line. */
  readonly url: string
}

/** What of an account a viewer reads; pairing is not among it, which shows a secret. */
const READABLE = new Set([
  '',
  'backfill',
  'coverage',
  'dry-run',
  'export',
  'media',
  'outbox',
  'search',
  'threads'
])

/** What a request is about, and what it takes to be let through. */
type Need =
  | { readonly to: 'read' | 'send'; readonly accountId: string }
  /** The answer is made of what the caller may read. */
  | { readonly to: 'list' }
  | { readonly to: 'administer' }

/** The segments of a path; `undefined` when it is written so that a router might read it otherwise. */
const segmentsOf = (path: string): ReadonlyArray<string> | undefined => {
  if (!/^(\/[^/;#\\]+)+$/.test(path)) return undefined
  try {
    return path.slice(1).split('/').map(decodeURIComponent)
  } catch {
    return undefined
  }
}

const isReading = (method: string): boolean => method === 'GET' || method === 'HEAD'

const needOfAccount = (method: string, accountId: string, rest: ReadonlyArray<string>): Need => {
  const [part = ''] = rest
  if (isReading(method)) return READABLE.has(part) ? { to: 'read', accountId } : { to: 'administer' }
  const isSending = (method === 'POST' && part === 'messages') || (method === 'DELETE' && part === 'outbox')
  return isSending ? { to: 'send', accountId } : { to: 'administer' }
}

const needOf = ({ method, url }: Asked): Need => {
  const [path = '', query = ''] = url.split('?')
  const [version, group, id = '', ...rest] = segmentsOf(path) ?? []
  if (version !== 'v1') return { to: 'administer' }
  const [named, ...more] = new URLSearchParams(query).getAll('accountId')
  switch (group) {
    case 'accounts':
      if (id !== '') return needOfAccount(method, id, rest)
      return isReading(method) ? { to: 'list' } : { to: 'administer' }
    case 'threads': {
      const accountId = parseThreadId(id)?.accountId ?? ''
      if (isReading(method)) return { to: 'read', accountId }
      return rest[0] === 'read' || rest[0] === 'typing' ? { to: 'send', accountId } : { to: 'administer' }
    }
    case 'messages': {
      const accountId = parseThreadId(parseMessageKey(id)?.threadId ?? '')?.accountId ?? ''
      return isReading(method) ? { to: 'read', accountId } : { to: 'administer' }
    }
    case 'events':
    case 'incidents':
      return isReading(method) && id === '' && named !== undefined && more.length === 0
        ? { to: 'read', accountId: named }
        : { to: 'administer' }
    default:
      return { to: 'administer' }
  }
}

/** Why this caller may not do this; `undefined` when they may. */
export const refusalOf = (grant: Grant, asked: Asked): string | undefined => {
  const need = needOf(asked)
  if (isAdmin(grant) || need.to === 'list') return undefined
  if (need.to === 'administer') {
    return /^\/v1\/(events|incidents)(\?|$)/.test(asked.url)
      ? 'Name one of your accounts: ?accountId=…'
      : 'This takes the role admin'
  }
  if (!mayRead(grant, need.accountId)) return 'This account is not granted to you'
  return need.to === 'read' || maySend(grant, need.accountId) ? undefined : 'This takes the role agent'
}
