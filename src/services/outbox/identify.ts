// What makes two requests the same one: their fields in any order, and for an upload the content of its file.
import { hash } from 'node:crypto'
import { Effect } from 'effect'
import { type Attachment, Attachments } from './attachments.ts'
import { refuse, type RequestRefused } from './errors.ts'
import type { SendRequest, UploadRequest } from './request.ts'

/** An upload whose file was taken in. */
export interface StoredUpload extends UploadRequest {
  readonly attachment: Attachment
}

export interface Identified {
  /** Equal for equal requests. The idempotency key is no part of it. */
  readonly fingerprint: string
  readonly request: SendRequest | StoredUpload
}

const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, ordered(inner)])
  )
}

/** The same request, however its fields are ordered, has the same fingerprint. */
export const fingerprintOf = (request: object): string =>
  hash('sha256', JSON.stringify(ordered(request)), 'base64url')

/** Identifies a request; the file of an upload is taken in for that. */
export const identify = Effect.fnUntraced(function* (
  request: SendRequest | UploadRequest
): Effect.fn.Return<Identified, RequestRefused, Attachments> {
  if (!('file' in request)) {
    const { idempotencyKey: _, ...asked } = request
    return { fingerprint: fingerprintOf(asked), request }
  }
  const attachments = yield* Attachments
  const attachment = yield* attachments
    .keep(request.file.path)
    .pipe(Effect.catch(({ message }) => refuse('file', message)))
  const { file: _file, idempotencyKey: _key, ...asked } = request
  return {
    fingerprint: fingerprintOf({ ...asked, file: attachment.file }),
    request: { ...request, attachment }
  }
})
