// Why a session of another server is not taken over.
import { Schema } from 'effect'

/**
 * `unreadable`: neither a zip nor JSON of a known form. `tooLarge`: beyond the limits of `limits.ts`. `unsafePath`: a zip whose
 * names leave its folder. `severalSessions`: it has to be said which one. `notRegistered`: it was never linked. `incomplete`:
 * something is missing without which messages would be lost. `alreadyHere`: an account of this server has this number.
 * `usedBefore`: this copy, or a later one, was taken over before.
 */
export const REFUSALS = [
  'unreadable',
  'tooLarge',
  'unsafePath',
  'noSession',
  'severalSessions',
  'notRegistered',
  'incomplete',
  'alreadyHere',
  'usedBefore'
] as const
export const Refusal = Schema.Literals(REFUSALS)
export type Refusal = typeof Refusal.Type

export class SessionRefused extends Schema.TaggedError<SessionRefused>()('SessionRefused', {
  reason: Refusal,
  detail: Schema.String,
  /** The credentials, and kinds of keys, that are missing or cannot be read. */
  missing: Schema.Array(Schema.String),
  /** The account of this server that has the number already. */
  accountId: Schema.NullOr(Schema.String)
}) {
  override get message(): string {
    return this.detail
  }
}

export const refusal = (
  reason: Refusal,
  detail: string,
  {
    accountId = null,
    missing = []
  }: { readonly accountId?: string | null; readonly missing?: ReadonlyArray<string> } = {}
): SessionRefused => new SessionRefused({ reason, detail, missing, accountId })
