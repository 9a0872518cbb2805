// The session in the body of a request: as it is, or as a file of a form. It holds secrets: it is read into memory, never to a file.
import { Effect, Schema, Stream } from 'effect'
import { HttpIncomingMessage, type HttpServerRequest, Multipart } from 'effect/http'
import { ByteSize } from 'effect'
import { LARGEST_DOCUMENT } from '../../../services/whatsapp/transfer/limits.ts'
import { badField, SessionUnusable } from '../../problems.ts'
import { Name } from './contract.ts'
import { importFields } from './import-contract.ts'

export const ImportFields = Schema.Struct(importFields(Name))
export type ImportFields = typeof ImportFields.Type

const TOO_LARGE = new SessionUnusable({
  reason: 'tooLarge',
  missing: [],
  detail: 'A session has at most 64 MiB, and has to arrive whole'
})

/** Beside the file, what a form may have. */
const LIMITS = Multipart.limitsServices({
  maxParts: 10,
  maxFieldSize: LARGEST_DOCUMENT,
  maxFileSize: LARGEST_DOCUMENT,
  maxTotalSize: LARGEST_DOCUMENT,
  fieldMimeTypes: []
})

const readForm = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
  const fields: Record<string, string> = {}
  let file: Uint8Array | undefined
  yield* Stream.runForEach(request.multipartStream, part =>
    part._tag === 'Field'
      ? Effect.sync(() => void (fields[part.key] = part.value))
      : Effect.map(part.contentEffect, bytes => {
          if (part.key === 'file') file = bytes
        })
  )
  return { fields, file }
}, Effect.provideContext(LIMITS))

const fieldsIn = (fields: Readonly<Record<string, string>>) =>
  Schema.decodeUnknownEffect(ImportFields)(fields as unknown).pipe(
    Effect.mapError(({ message }) => badField('payload', 'name', message))
  )

/** The bytes of the session, and the fields beside it. */
export const readImport = Effect.fnUntraced(function* (
  query: ImportFields,
  request: HttpServerRequest.HttpServerRequest
) {
  if (!(request.headers['content-type'] ?? '').startsWith('multipart/form-data')) {
    const bytes = yield* request.arrayBuffer.pipe(
      Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(LARGEST_DOCUMENT)),
      Effect.mapError(() => TOO_LARGE)
    )
    return { fields: query, bytes: Buffer.from(bytes) }
  }
  const form = yield* Effect.mapError(readForm(request), () => TOO_LARGE)
  if (form.file === undefined) return yield* badField('payload', 'file', 'Expected the session as a file')
  return { fields: { ...query, ...(yield* fieldsIn(form.fields)) }, bytes: Buffer.from(form.file) }
})
