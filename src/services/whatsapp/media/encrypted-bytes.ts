// Where the encrypted bytes of one download are kept until they are complete and authentic: in memory, or wherever else.
import { Effect, Stream } from 'effect'

export interface EncryptedBytes<E> {
  /** Bytes; 0 when there are none. */
  readonly size: Effect.Effect<number, E>
  /** Writes from the byte `at` on and drops what was behind it. What was written before a failure stays. */
  readonly append: <E2>(at: number, content: Stream.Stream<Uint8Array, E2>) => Effect.Effect<void, E | E2>
  /** First and last byte of the range are included. */
  readonly read: (range: { readonly start: number; readonly end: number }) => Stream.Stream<Uint8Array, E>
  readonly remove: Effect.Effect<void, E>
}

/** For small files such as history chunks. */
export const encryptedBytesInMemory = (): EncryptedBytes<never> => {
  let bytes: Uint8Array = new Uint8Array(0)
  return {
    size: Effect.sync(() => bytes.length),
    append: (at, content) =>
      Effect.suspend(() => {
        const parts = [bytes.subarray(0, at)]
        return Stream.runForEach(content, part => Effect.sync(() => parts.push(part))).pipe(
          Effect.ensuring(
            Effect.sync(() => {
              bytes = Buffer.concat(parts)
            })
          )
        )
      }),
    read: ({ end, start }) => Stream.sync(() => bytes.subarray(start, end + 1)),
    remove: Effect.sync(() => {
      bytes = new Uint8Array(0)
    })
  }
}
