// Who a credential belongs to: the API key of the settings, a key of /v1/keys, or a Firebase ID token.
import { Clock, Context, Effect, Layer } from 'effect'
import type { HttpServerRequest } from 'effect/http'
import { ADMIN } from '../../domain/grant.ts'
import { AccessKeys, type IdentifiedKey } from '../../services/access/access-keys.ts'
import { type Granted, IdTokens } from '../../services/firebase/id-tokens.ts'
import { Unauthorized } from '../problems.ts'
import { type ApiKey, isKey } from './api-key.ts'
import type { Caller } from './caller.ts'

/** Headers with a key, beside `Authorization: Bearer`; other servers call it so, and their clients are used to it. */
export const KEY_HEADERS = ['x-api-key', 'apikey'] as const

const NO_KEY =
  'The header "Authorization: Bearer <key>", "X-Api-Key" or "apikey" is missing, or the key is wrong, expired or revoked'

const LONGEST_TOKEN = 8192

/** Three parts of base64url: an ID token. A key never looks like this. */
const isIdToken = (credential: string): boolean =>
  /^[\w-]+\.[\w-]+\.[\w-]*$/.test(credential) && credential.length <= LONGEST_TOKEN

/** The credential of a request, `''` when it has none. */
export const credentialIn = ({ headers }: Pick<HttpServerRequest.HttpServerRequest, 'headers'>): string => {
  const bearer = /^Bearer +(\S+)$/i.exec(headers['authorization'] ?? '')?.[1]
  return bearer ?? KEY_HEADERS.map(name => headers[name]).find(value => value !== undefined) ?? ''
}

export class Identification extends Context.Service<
  Identification,
  {
    readonly identify: (credential: string) => Effect.Effect<Caller['Service'], Unauthorized>
  }
>()('backscroll/http/Identification') {
  /** `requestsPerMinute`: of keys that have no limit of their own; 0: as many as they like. */
  static layer({
    key,
    requestsPerMinute
  }: {
    readonly key: ApiKey
    readonly requestsPerMinute: number
  }): Layer.Layer<Identification, never, AccessKeys | IdTokens> {
    return Layer.effect(
      Identification,
      Effect.gen(function* () {
        const keys = yield* AccessKeys
        const tokens = yield* IdTokens
        return Identification.of({
          identify: credential =>
            Effect.map(identify(key, keys, tokens, credential), caller => limited(caller, requestsPerMinute))
        })
      })
    )
  }
}

const identify = Effect.fnUntraced(function* (
  key: ApiKey,
  keys: AccessKeys['Service'],
  tokens: IdTokens['Service'],
  credential: string
) {
  if (isKey(key, credential)) return ofSettings
  const found = keys.identify(credential, yield* Clock.currentTimeMillis)
  if (found !== undefined) return ofKey(found)
  if (!isIdToken(credential)) return yield* new Unauthorized({ detail: NO_KEY })
  return yield* tokens.verify(credential).pipe(
    Effect.map(ofUser),
    Effect.mapError(({ reason }) => new Unauthorized({ detail: reason }))
  )
})

const ofSettings: Caller['Service'] = { identity: { kind: 'settings' }, grant: ADMIN }

/** Keys without a limit of their own have the one of the settings. */
const limited = (caller: Caller['Service'], requestsPerMinute: number): Caller['Service'] =>
  caller.identity.kind !== 'key' || caller.requestsPerMinute !== undefined || requestsPerMinute === 0
    ? caller
    : { ...caller, requestsPerMinute }

const ofKey = ({ accessKey, ended, until }: IdentifiedKey): Caller['Service'] => {
  const { accounts, events, keyId, name, requestsPerMinute, role } = accessKey
  return {
    identity: { kind: 'key', keyId, name },
    grant: { role, accounts, events },
    until,
    ended,
    ...(requestsPerMinute === null ? {} : { requestsPerMinute })
  }
}

const ofUser = ({ grant, uid, until }: Granted): Caller['Service'] => ({
  identity: { kind: 'user', uid },
  grant,
  until
})
