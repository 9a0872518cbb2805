// Closed by default: every request to /v1 carries the API key, compared in constant time, or a Firebase ID token.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Layer, Redacted, Schema } from 'effect'
import { HttpServerRequest } from 'effect/http'
import { HttpApiMiddleware, HttpApiSecurity } from 'effect/http-api'
import { ADMIN } from '../../domain/grant.ts'
import { IdTokens } from '../../services/firebase/id-tokens.ts'
import { Caller, refusalOf } from './caller.ts'
import { Forbidden, Unauthorized } from '../problems.ts'

export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: Caller }>()(
  'backscroll/http/Authorization',
  {
    security: { bearer: HttpApiSecurity.bearer },
    error: [Unauthorized, Forbidden]
  }
) {}

/** The stored hash of the generated key cannot be used. */
export class ApiKeyError extends Schema.TaggedError<ApiKeyError>()('ApiKeyError', {
  message: Schema.String
}) {}

export interface ApiKey {
  /** SHA-256 of the key: of equal length for every key, so that comparing takes the same time. */
  readonly hash: Buffer
  /** A key that was generated just now, and has to be shown to a person once; without that it is another one next time. */
  readonly generated: { readonly key: string; readonly keep: Effect.Effect<void, ApiKeyError> } | undefined
}

const unusable = (cause: unknown) =>
  new ApiKeyError({
    message: `The API key in DATA_DIR cannot be used: ${cause instanceof Error ? cause.message : String(cause)}. Set API_KEY, or remove api-key.sha256 to have a new key generated.`
  })

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest()

/** The key from the settings, or one generated at the first start, of which only the hash is kept. */
export const loadApiKey = (configured: string, folder: string): Effect.Effect<ApiKey, ApiKeyError> =>
  Effect.try({
    try: () => {
      if (configured !== '') return { hash: hashOf(configured), generated: undefined }
      const file = join(folder, 'api-key.sha256')
      if (existsSync(file)) {
        const hash = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex')
        if (hash.length !== 32) throw new Error(`${file} does not hold a SHA-256 hash`)
        return { hash, generated: undefined }
      }
      const key = `bsk_${randomBytes(24).toString('base64url')}`
      const hash = hashOf(key)
      const keep = Effect.try({
        try: () => writeFileSync(file, `${hash.toString('hex')}\n`, { mode: 0o600, flag: 'wx' }),
        catch: unusable
      })
      return { hash, generated: { key, keep } }
    },
    catch: unusable
  })

/** Whether this is the key; takes the same time for every wrong one. */
export const isKey = (key: ApiKey, credential: string): boolean =>
  timingSafeEqual(hashOf(credential), key.hash)

const NO_KEY =
  'The header "Authorization: Bearer <API key>" is missing, or the key is not the one of this server'

/** Three parts of base64url: an ID token, and no API key. */
const isToken = (credential: string): boolean =>
  /^[\w-]+\.[\w-]+\.[\w-]*$/.test(credential) && credential.length <= LONGEST_TOKEN

const LONGEST_TOKEN = 8192

export const authorizationLayer = (key: ApiKey): Layer.Layer<Authorization, never, IdTokens> =>
  Layer.effect(
    Authorization,
    Effect.gen(function* () {
      const tokens = yield* IdTokens

      const callerOf = (credential: string): Effect.Effect<Caller['Service'], Unauthorized> => {
        if (isKey(key, credential)) return Effect.succeed({ grant: ADMIN })
        return isToken(credential)
          ? Effect.mapError(tokens.verify(credential), ({ reason }) => new Unauthorized({ detail: reason }))
          : Effect.fail(new Unauthorized({ detail: NO_KEY }))
      }

      return Authorization.of({
        bearer: (request, { credential }) =>
          Effect.gen(function* () {
            const caller = yield* callerOf(Redacted.value(credential))
            const { method, url } = yield* HttpServerRequest.HttpServerRequest
            const refusal = refusalOf(caller.grant, { method, url })
            if (refusal !== undefined) return yield* new Forbidden({ detail: refusal })
            return yield* Effect.provideService(request, Caller, caller)
          })
      })
    })
  )
