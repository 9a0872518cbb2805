// The one way into the outbox for what applications ask to be sent, over HTTP and by Firestore document.
import { Effect } from 'effect'
import { type AccountRecord, isLinked, ownAddresses } from '../../domain/account.ts'
import { AccountNotFound } from '../accounts.ts'
import { AccountStore } from '../conversations/account-store.ts'
import { findAccepted } from './accept.ts'
import { Acceptances } from './acceptances.ts'
import { compose } from './compose.ts'
import { AccountNotLinked } from './errors.ts'
import { identify, type StoredUpload } from './identify.ts'
import type { OutboxContent } from './kinds/index.ts'
import { linkIn, LinkPreviews } from './preparation/link/link-previews.ts'
import type { OutboxOptions } from './options.ts'
import type { SendRequest, UploadRequest } from './request.ts'

export interface Submission {
  readonly accountId: string
  readonly request: SendRequest | UploadRequest
  readonly idempotencyKey?: string | undefined
  /** When the request was made, if that is some time ago; milliseconds since 1970. */
  readonly askedAt?: number | undefined
  /** The Firestore document that asks for it, if one does. */
  readonly documentId?: string | undefined
}

export const checkLinked = (account: AccountRecord): Effect.Effect<void, AccountNotLinked> =>
  isLinked(account) ? Effect.void : Effect.fail(new AccountNotLinked({ accountId: account.accountId }))

/** Made here, before the message is: every attempt sends the same one. */
const withLinkPreview = Effect.fnUntraced(function* (content: OutboxContent) {
  if (content.kind !== 'text') return content
  const previews = yield* LinkPreviews
  const preview = yield* previews.of(content.text)
  return preview === undefined ? content : { ...content, preview }
})

/** Whether nothing is fetched or prepared for a request. */
const isPlainText = (request: SendRequest | StoredUpload): boolean =>
  !('attachment' in request) && request.text !== undefined && linkIn(request.text) === undefined

/** Accepts what is asked for, or answers what was accepted for the same request before. */
export const submit = Effect.fn('Outbox.submit')(function* (submission: Submission, options: OutboxOptions) {
  const { accountId, idempotencyKey } = submission
  const accounts = yield* AccountStore
  const account = yield* accounts.read(accountId)
  if (account === undefined) return yield* new AccountNotFound({ accountId })
  const { fingerprint, request } = yield* identify(submission.request)
  const earlier = findAccepted({ accountId, idempotencyKey, fingerprint })
  const accepting = acceptNew(account, { ...submission, request, fingerprint }, options)
  // A repeated request gets its first answer, whatever has changed since: before anything is fetched for it, and also when it would be
  // refused now. Otherwise whoever writes it looks.
  if (isPlainText(request))
    return yield* Effect.catchTags(accepting, {
      RequestRefused: refusal => orRefused(earlier, refusal),
      AccountNotLinked: refusal => orRefused(earlier, refusal)
    })
  return (yield* earlier) ?? (yield* accepting)
})

const orRefused = <A, E, R, Refusal>(earlier: Effect.Effect<A | undefined, E, R>, refusal: Refusal) =>
  Effect.filterOrFail(
    earlier,
    (found): found is A => found !== undefined,
    () => refusal
  )

interface Identifiable extends Omit<Submission, 'request'> {
  readonly request: SendRequest | StoredUpload
  readonly fingerprint: string
}

const acceptNew = Effect.fnUntraced(function* (
  account: AccountRecord,
  { accountId, askedAt, documentId, fingerprint, idempotencyKey, request }: Identifiable,
  options: OutboxOptions
) {
  // Invalid input is refused first, but no file is fetched for an account that cannot send.
  const fetchesFiles = !('attachment' in request) && (request.media ?? request.album) !== undefined
  if (fetchesFiles) yield* checkLinked(account)
  const composed = yield* compose(account, request, options, askedAt)
  yield* checkLinked(account)
  const content = yield* withLinkPreview(composed.content)
  const acceptances = yield* Acceptances
  return yield* acceptances.accept(
    { ...composed, content, accountId, idempotencyKey, fingerprint, documentId },
    ownAddresses(account)
  )
})
