// Who makes the present request.
import { Context, type Effect } from 'effect'
import type { Grant } from '../../domain/grant.ts'

/** The API key of the settings, a key of /v1/keys, a person with a Firebase ID token, or whoever has the link for an owner. */
export type CallerIdentity =
  | { readonly kind: 'settings' | 'link' }
  | { readonly kind: 'key'; readonly keyId: string; readonly name: string }
  | { readonly kind: 'user'; readonly uid: string }

/** What the caller may do, and until when. */
export class Caller extends Context.Service<
  Caller,
  {
    readonly identity: CallerIdentity
    readonly grant: Grant
    /** When the caller's credential expires, in milliseconds since 1970; left out: never. */
    readonly until?: number | undefined
    /** Completes when the credential ends before that; left out: it does not. */
    readonly ended?: Effect.Effect<void>
    /** How many requests it may make in a minute; left out: as many as it likes. */
    readonly requestsPerMinute?: number
  }
>()('backscroll/http/Caller') {}
