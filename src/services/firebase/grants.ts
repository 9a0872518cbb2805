// What Firebase users may do here: the custom claim `backscroll` beside whatever claims they have.
import { Effect, Schema } from 'effect'
import type { GrantClaim } from '../../domain/grant.ts'
import { FirebaseApp } from './app.ts'

/** Firebase refused or does not know the user; the message is Firebase's. */
export class GrantFailed extends Schema.TaggedError<GrantFailed>()('GrantFailed', {
  message: Schema.String
}) {}

export type User = { readonly uid: string } | { readonly email: string }

const failed = (cause: unknown): GrantFailed =>
  new GrantFailed({ message: cause instanceof Error ? cause.message : String(cause) })

/** Sets what a user may do, `null` for nothing; answers the user's id. Tokens that were given out keep what they grant. */
export const setGrant = Effect.fn('Firebase.setGrant')(function* (
  user: User,
  grant: typeof GrantClaim.Type | null
) {
  const app = yield* FirebaseApp
  return yield* Effect.tryPromise({
    try: async () => {
      const { getAuth } = await import('firebase-admin/auth')
      const auth = getAuth(app)
      const found = 'uid' in user ? await auth.getUser(user.uid) : await auth.getUserByEmail(user.email)
      const { backscroll: _, ...others } = found.customClaims ?? {}
      await auth.setCustomUserClaims(found.uid, grant === null ? others : { ...others, backscroll: grant })
      return found.uid
    },
    catch: failed
  })
})
