// Where media files are kept. Whoever uses this knows a file by the SHA-256 of its content (hexadecimal) and no path: a
// folder today, a storage bucket where the database is not a file either.
import { Context, type Effect, Schema, type Stream } from 'effect'

/** The disk (or bucket) refused: full, read-only, broken. The cause stays out of responses. */
export class MediaStorageError extends Schema.TaggedError<MediaStorageError>()('MediaStorageError', {
  cause: Schema.Defect()
}) {}

/** What was written is not the file it was announced as; nothing of it was kept. */
export class WrongContent extends Schema.TaggedError<WrongContent>()('WrongContent', {}) {}

/** First and last byte. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface HeldFile {
  readonly file: string
  /** Bytes. */
  readonly size: number
}

export class MediaFiles extends Context.Service<
  MediaFiles,
  {
    /** Bytes; `undefined` when the file is not held. */
    readonly size: (file: string) => Effect.Effect<number | undefined, MediaStorageError>
    readonly read: (file: string, range?: ByteRange) => Stream.Stream<Uint8Array, MediaStorageError>
    /** Keeps the content under its hash, all of it or nothing; given `expected`, only when that is its hash. */
    readonly write: <E>(
      content: Stream.Stream<Uint8Array, E>,
      expected: string | undefined
    ) => Effect.Effect<HeldFile, E | MediaStorageError | WrongContent>
    readonly remove: (file: string) => Effect.Effect<void, MediaStorageError>
    /** The files last written before a time (milliseconds since 1970). */
    readonly writtenBefore: (time: number) => Stream.Stream<string, MediaStorageError>
  }
>()('backscroll/services/media/MediaFiles') {}

/** Downloads that are not complete yet, still encrypted, by a name of the caller's: on this machine, whatever holds the files. */
export class PartialFiles extends Context.Service<
  PartialFiles,
  {
    /** Bytes; 0 when there is nothing. */
    readonly size: (name: string) => Effect.Effect<number, MediaStorageError>
    /** Writes from the byte `at` on; what was behind it is dropped. What was written before a failure stays. */
    readonly append: <E>(
      name: string,
      at: number,
      content: Stream.Stream<Uint8Array, E>
    ) => Effect.Effect<void, E | MediaStorageError>
    readonly read: (name: string, range: ByteRange) => Stream.Stream<Uint8Array, MediaStorageError>
    readonly remove: (name: string) => Effect.Effect<void, MediaStorageError>
    /** Removes those nobody has written to since a time. */
    readonly removeBefore: (time: number) => Effect.Effect<void, MediaStorageError>
  }
>()('backscroll/services/media/PartialFiles') {}
