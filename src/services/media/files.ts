// Where media files are stored. A file is named by the SHA-256 of its content (hexadecimal), never by a path: the storage
// is a folder or a bucket.
import { Context, type Effect, Schema, type Scope, type Stream } from 'effect'

/** The disk or bucket failed: full, read-only, broken. The cause stays out of responses. */
export class MediaStorageError extends Schema.TaggedError<MediaStorageError>()('MediaStorageError', {
  cause: Schema.Defect()
}) {}

/** The content has another hash than expected; nothing of it is stored. */
export class WrongContent extends Schema.TaggedError<WrongContent>()('WrongContent', {}) {}

/** First and last byte, both included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** A file that is stored. */
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
    /** Stores the content under its hash, all of it or nothing; with `expected` only if that is its hash. */
    readonly write: <E>(
      content: Stream.Stream<Uint8Array, E>,
      expected: string | undefined
    ) => Effect.Effect<HeldFile, E | MediaStorageError | WrongContent>
    readonly remove: (file: string) => Effect.Effect<void, MediaStorageError>
    /** The files last written before a time (milliseconds since 1970). */
    readonly writtenBefore: (time: number) => Stream.Stream<string, MediaStorageError>
  }
>()('backscroll/services/media/MediaFiles') {}

/** Incomplete downloads, still encrypted, by a name that the caller chooses. They are always on this machine. */
export class PartialFiles extends Context.Service<
  PartialFiles,
  {
    /** Bytes; 0 when there is nothing. */
    readonly size: (name: string) => Effect.Effect<number, MediaStorageError>
    /** Writes from byte `at` on and drops what was behind it. What was written before a failure stays. */
    readonly append: <E>(
      name: string,
      at: number,
      content: Stream.Stream<Uint8Array, E>
    ) => Effect.Effect<void, E | MediaStorageError>
    readonly read: (name: string, range: ByteRange) => Stream.Stream<Uint8Array, MediaStorageError>
    readonly remove: (name: string) => Effect.Effect<void, MediaStorageError>
    /** Removes downloads that were last written before a time (milliseconds since 1970). */
    readonly removeBefore: (time: number) => Effect.Effect<void, MediaStorageError>
  }
>()('backscroll/services/media/PartialFiles') {}

/** A file that is complete on this machine's disk, and not stored yet. */
export interface StagedFile extends HeldFile {
  readonly content: Stream.Stream<Uint8Array, MediaStorageError>
}

/** Content on its way into a storage elsewhere. It is always on this machine. */
export class StagedFiles extends Context.Service<
  StagedFiles,
  {
    /** Writes the content to a file of its own, which is removed when the scope closes; with `expected` only if that is its hash. */
    readonly stage: <E>(
      content: Stream.Stream<Uint8Array, E>,
      expected: string | undefined
    ) => Effect.Effect<StagedFile, E | MediaStorageError | WrongContent, Scope.Scope>
  }
>()('backscroll/services/media/StagedFiles') {}
