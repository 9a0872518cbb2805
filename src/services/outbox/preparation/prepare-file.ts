// A file that was taken in becomes the one that is sent, with what a phone would tell of it.
import { Effect, Stream } from 'effect'
import type { MediaType } from '../../../domain/outbox.ts'
import { Attachments } from '../attachments.ts'
import type { MediaExtras } from './extras.ts'
import { NotPrepared, Preparation } from './preparation.ts'

/** A file in the folder of attachments. */
interface FileToSend {
  /** Its name there: the SHA-256 of its content. */
  readonly file: string
  /** Bytes. */
  readonly size: number
  readonly mimeType: string
}

export interface PreparedFile extends FileToSend {
  readonly extras: MediaExtras
}

/** What no phone shows or plays as this type. */
const mustBeMade = (type: MediaType, mimeType: string): boolean =>
  type === 'sticker' || (type === 'voice' && mimeType.includes('wav'))

/** Fails only for what cannot be sent without being prepared. */
export const prepareFile = Effect.fn('Outbox.prepareFile')(function* (
  type: MediaType,
  { file, mimeType, size }: FileToSend
): Effect.fn.Return<PreparedFile, NotPrepared, Attachments | Preparation> {
  const asItIs = { file, size, mimeType, extras: {} }
  if (type === 'document') return asItIs
  const attachments = yield* Attachments
  const preparation = yield* Preparation
  const prepared = yield* preparation.perform({ type, path: attachments.pathOf(file) }).pipe(
    Effect.tapError(({ reason }) => Effect.logInfo(`A file is not prepared as ${type}: ${reason}`)),
    Effect.catch(error => (mustBeMade(type, mimeType) ? Effect.fail(error) : Effect.undefined))
  )
  if (prepared === undefined) return asItIs
  const { extras, file: made, mimeType: readAs = mimeType } = prepared
  if (made === undefined) return { ...asItIs, mimeType: readAs, extras }
  const added = yield* attachments
    .take(Stream.succeed(made))
    .pipe(Effect.mapError(({ message }) => new NotPrepared({ reason: message })))
  return { file: added.file, size: added.size, mimeType: readAs, extras }
})
