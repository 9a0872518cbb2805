// Who may call an endpoint. Each endpoint states it as an annotation; here it is compared with what the caller was granted.
import { Context, Option } from 'effect'
import type { HttpApiEndpoint } from 'effect/http-api'
import { type Grant, hasRole, isAdmin, mayRead, mayReadAll, type Role } from '../../domain/grant.ts'
import { parseMessageKey, parseThreadId } from '../../domain/ids.ts'

/** Where a request names its account: a path parameter (accountId, threadId or messageKey), or the query's accountId. */
type NamedAccount = 'path' | 'thread' | 'messageKey' | 'query'

/** `all`: it is about every account, or none. `handler`: the endpoint's handler finds the account, and checks it. */
type AccountSource = NamedAccount | 'all' | 'handler'

/** What a caller needs for an endpoint. */
export type Access =
  /** No credential at all. */
  | { readonly to: 'public' }
  /** Any valid credential: the response contains only what the caller may read. */
  | { readonly to: 'list' }
  /** Permission to read, to send for or to operate the account that the request names. */
  | { readonly to: 'read' | 'send' | 'operate'; readonly account: AccountSource }
  /** The API key of the settings, or the role admin. */
  | { readonly to: 'administer' }

export const everyone: Access = { to: 'public' }
export const lists: Access = { to: 'list' }
export const administers: Access = { to: 'administer' }
export const reads = (account: AccountSource): Access => ({ to: 'read', account })
export const sends = (account: AccountSource): Access => ({ to: 'send', account })
export const operates = (account: AccountSource): Access => ({ to: 'operate', account })

/** The annotation of an endpoint. */
export class RequiredAccess extends Context.Service<RequiredAccess, Access>()(
  'backscroll/http/RequiredAccess'
) {}

/** Closed by default: an endpoint without the annotation is for admins only. */
export const accessOf = (endpoint: Pick<HttpApiEndpoint.Top, 'annotations'>): Access =>
  Option.getOrElse(Context.getOption(endpoint.annotations, RequiredAccess), () => administers)

/** A request as the router matched it. */
export interface MatchedRequest {
  /** Path and query, as in the request line. */
  readonly url: string
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
}

/** Where a query may name several accounts, they are separated by commas. */
const namedIn = (accountId: string): ReadonlyArray<string> => accountId.split(',')

/** The account a request names, or several of a query; `undefined` when it names none. */
const accountIn = (source: NamedAccount, { params, query }: MatchedRequest): string | undefined => {
  switch (source) {
    case 'path':
      return params['accountId']
    case 'thread':
      return parseThreadId(params['threadId'] ?? '')?.accountId
    case 'messageKey':
      return parseThreadId(parseMessageKey(params['messageKey'] ?? '')?.threadId ?? '')?.accountId
    case 'query':
      return typeof query['accountId'] === 'string' ? query['accountId'] : undefined
  }
}

/** Whether every reader of the path sees the same segments: no empty ones, and nothing some take for a delimiter. */
const isPlainPath = (url: string): boolean => /^(\/[^/;#\\?]+)+(\?|$)/.test(url)

const ROLE_FOR = { read: 'viewer', send: 'agent', operate: 'operator' } as const satisfies Record<
  string,
  Role
>

/** Why the caller may not do anything with the account of the request. */
const accountRefusalOf = (
  grant: Grant,
  source: AccountSource,
  request: MatchedRequest
): string | undefined => {
  if (source === 'handler' || mayReadAll(grant)) return undefined
  if (source === 'all') return 'Access to all accounts is required'
  const accountId = accountIn(source, request)
  if (accountId === undefined && source === 'query') return 'Name one of your accounts: ?accountId=…'
  return accountId === undefined || !namedIn(accountId).every(one => mayRead(grant, one))
    ? 'You have no access to this account'
    : undefined
}

/** Why the caller may not do this, in words for the response; `undefined` when they may. */
export const refusalOf = (grant: Grant, access: Access, request: MatchedRequest): string | undefined => {
  if (isAdmin(grant) || access.to === 'public') return undefined
  if (access.to === 'administer') return 'The role admin is required'
  if (!isPlainPath(request.url)) return 'The path has empty segments, or a character that it must not contain'
  if (access.to === 'list') return undefined
  const role = ROLE_FOR[access.to]
  return (
    accountRefusalOf(grant, access.account, request) ??
    (hasRole(grant, role) ? undefined : `The role ${role} is required`)
  )
}
