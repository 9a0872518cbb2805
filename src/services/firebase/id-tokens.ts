// Firebase ID tokens: who signed in to an application, and what their custom claim lets them do here.
import { Context, Effect, Layer, Option, Schema } from 'effect'
import { type Grant, GrantClaim } from '../../domain/grant.ts'
import { FirebaseApp, type FirebaseSetup, setupError } from './app.ts'

/** The token is not one of this project's, or grants nothing. The reason may be shown to whoever brought it. */
export class TokenRefused extends Schema.TaggedError<TokenRefused>()('TokenRefused', {
  reason: Schema.String
}) {}

export interface Granted {
  readonly grant: Grant
  readonly until: number
}

export class IdTokens extends Context.Service<
  IdTokens,
  {
    /** What its claim grants, until the token expires (milliseconds since 1970). A user who was disabled meanwhile is in until then. */
    readonly verify: (token: string) => Effect.Effect<Granted, TokenRefused>
  }
>()('backscroll/services/firebase/IdTokens') {
  /** Nobody is let in by a token. */
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
      return IdTokens.of({
        verify: token =>
          Effect.tryPromise({ try: () => auth.verifyIdToken(token), catch: refusal }).pipe(
            Effect.tapError(({ reason }) =>
              reason === UNCHECKED ? Effect.logWarning('ID tokens cannot be checked') : Effect.void
            ),
            Effect.flatMap((claims: Readonly<Record<string, unknown>>) => {
              const claim = Schema.decodeUnknownOption(GrantClaim)(claims['backscroll'])
              return Option.isSome(claim)
                ? Effect.succeed({
                    grant: { role: claim.value.role, accounts: claim.value.accounts ?? [] },
                    until: Number(claims['exp']) * 1000
                  })
                : Effect.fail(
                    new TokenRefused({
                      reason:
                        'The ID token has no claim backscroll with a role (viewer, agent or admin) and accounts'
                    })
                  )
            })
          )
      })
    })
  )
}

const UNCHECKED = 'ID tokens cannot be checked at present: Google’s keys cannot be fetched. Try again'

const EXPIRED = 'The ID token has expired; get a new one with getIdToken()'

/** Google's client has no code for keys that cannot be fetched. */
const IS_NETWORK = /making request|fetching public keys|timed? ?out/i

/** Google's words repeat parts of the token: ours do not. */
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
