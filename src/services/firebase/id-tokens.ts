// Firebase ID tokens: who signed in to an application, and what the token's custom claim grants here.
import { Context, Effect, Layer, Option, Schema } from 'effect'
import type { Auth } from 'firebase-admin/auth'
import { type Grant, GrantClaim } from '../../domain/grant.ts'
import { FirebaseApp, type FirebaseSetup, setupError } from './app.ts'

/** The token does not belong to this project, or grants nothing. The reason may be shown to the caller. */
export class TokenRefused extends Schema.TaggedError<TokenRefused>()('TokenRefused', {
  reason: Schema.String
}) {}

export interface Granted {
  readonly grant: Grant
  /** The user's id in Firebase. */
  readonly uid: string
  /** Milliseconds since 1970. */
  readonly until: number
}

export class IdTokens extends Context.Service<
  IdTokens,
  {
    /** What its claim grants, until the token expires. A user who is disabled meanwhile keeps access until then. */
    readonly verify: (token: string) => Effect.Effect<Granted, TokenRefused>
  }
>()('backscroll/services/firebase/IdTokens') {
  /** Refuses every token. */
  static readonly layerOfNone: Layer.Layer<IdTokens> = Layer.succeed(
    IdTokens,
    IdTokens.of({
      verify: () =>
        Effect.fail(new TokenRefused({ reason: 'This server takes no ID tokens (FIREBASE_AUTH is false)' }))
    })
  )

  static readonly layer: Layer.Layer<IdTokens, FirebaseSetup, FirebaseApp> = Layer.effect(
    IdTokens,
    Effect.gen(function* () {
      const app = yield* FirebaseApp
      const auth = yield* Effect.tryPromise({
        try: async () => (await import('firebase-admin/auth')).getAuth(app),
        catch: setupError
      })
      return IdTokens.of({ verify: token => verify(auth, token) })
    })
  )
}

type Claims = Readonly<Record<string, unknown>>

const verify = (auth: Auth, token: string): Effect.Effect<Granted, TokenRefused> =>
  Effect.tryPromise({
    try: async (): Promise<Claims> => auth.verifyIdToken(token),
    catch: refusal
  }).pipe(
    Effect.tapError(({ reason }) =>
      reason === UNCHECKED ? Effect.logWarning('ID tokens cannot be checked') : Effect.void
    ),
    Effect.flatMap(grantOf)
  )

const grantOf = (claims: Claims): Effect.Effect<Granted, TokenRefused> => {
  const claim = Schema.decodeUnknownOption(GrantClaim)(claims['backscroll'])
  if (Option.isNone(claim)) return Effect.fail(new TokenRefused({ reason: NO_CLAIM }))
  const { accounts = [], role } = claim.value
  return Effect.succeed({
    grant: { role, accounts },
    uid: String(claims['sub']),
    until: Number(claims['exp']) * 1000
  })
}

const NO_CLAIM = 'The ID token has no claim backscroll with a role (viewer, agent or admin) and accounts'

const UNCHECKED = 'ID tokens cannot be checked at present: Google’s keys cannot be fetched. Try again'

const EXPIRED = 'The ID token has expired; get a new one with getIdToken()'

/** Google's client has no error code for keys that cannot be fetched. */
const IS_NETWORK = /making request|fetching public keys|timed? ?out/i

/** Google's messages repeat parts of the token; these do not. */
const refusal = (error: unknown): TokenRefused => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const isNetwork = error instanceof Error && IS_NETWORK.test(error.message)
  return new TokenRefused({
    reason: isNetwork
      ? UNCHECKED
      : code === 'auth/id-token-expired'
        ? EXPIRED
        : 'The ID token is not one of this project'
  })
}
