// Decrypts files of WhatsApp's media server as a stream. Nothing is decrypted before all of it is authentic.
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Effect, Stream } from 'effect'
import type { EncryptedBytes } from './encrypted-bytes.ts'
import { MediaCorrupt } from './errors.ts'
import type { MediaKeys } from './keys.ts'

const MAC_BYTES = 10
/** What encryption adds to a file, at most. */
export const ENCRYPTION_BYTES = 16 + MAC_BYTES

export interface Announcement {
  /** What the file is, in the words of errors. */
  readonly noun: 'file' | 'chunk'
  /** SHA-256 of the encrypted bytes, if the announcement says it. */
  readonly fileEncSha256: Uint8Array | undefined
  /** SHA-256 of the plain content, of what may have come without encryption. */
  readonly fileSha256?: Uint8Array | undefined
  /** The keys it may be encrypted with. */
  readonly keys: ReadonlyArray<() => MediaKeys>
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && timingSafeEqual(a, b)

const update = <E>(
  digest: { readonly update: (chunk: Uint8Array) => unknown },
  content: Stream.Stream<Uint8Array, E>
): Effect.Effect<void, E> => Stream.runForEach(content, chunk => Effect.sync(() => digest.update(chunk)))

const collected = <E>(content: Stream.Stream<Uint8Array, E>): Effect.Effect<Uint8Array, E> =>
  Effect.map(Stream.runCollect(content), parts => Buffer.concat(parts))

const isAuthentic = Effect.fnUntraced(function* <E>(
  bytes: EncryptedBytes<E>,
  size: number,
  { iv, macKey }: MediaKeys
) {
  const mac = createHmac('sha256', macKey).update(iv)
  yield* update(mac, bytes.read({ start: 0, end: size - MAC_BYTES - 1 }))
  const tail = yield* collected(bytes.read({ start: size - MAC_BYTES, end: size - 1 }))
  return sameBytes(mac.digest().subarray(0, MAC_BYTES), tail)
})

const hasHash = Effect.fnUntraced(function* <E>(
  bytes: EncryptedBytes<E>,
  size: number,
  expected: Uint8Array
) {
  const hash = createHash('sha256')
  yield* update(hash, bytes.read({ start: 0, end: size - 1 }))
  return sameBytes(hash.digest(), expected)
})

const decrypted = <E>(
  bytes: EncryptedBytes<E>,
  size: number,
  { cipherKey, iv }: MediaKeys,
  noun: string
): Stream.Stream<Uint8Array, MediaCorrupt | E> => {
  const corrupt = () => new MediaCorrupt({ reason: `the ${noun} cannot be decrypted` })
  return Stream.suspend(() => {
    const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
    const rest = Effect.try({ try: (): Uint8Array => decipher.final(), catch: corrupt })
    return bytes.read({ start: 0, end: size - MAC_BYTES - 1 }).pipe(
      Stream.mapEffect(chunk =>
        Effect.try({ try: (): Uint8Array => decipher.update(chunk), catch: corrupt })
      ),
      Stream.concat(Stream.fromEffect(rest))
    )
  })
}

/** The plain content of a complete download, after it was found to be the announced file and authentic. */
export const decrypt = Effect.fnUntraced(function* <E>(bytes: EncryptedBytes<E>, announced: Announcement) {
  const { fileEncSha256, fileSha256, noun } = announced
  const size = yield* bytes.size
  // A key alone says little: where no hash of encrypted bytes is announced, the file may be a plain one.
  if (fileEncSha256 === undefined && fileSha256 !== undefined && (yield* hasHash(bytes, size, fileSha256)))
    return size === 0 ? Stream.empty : bytes.read({ start: 0, end: size - 1 })
  if (size <= MAC_BYTES) return yield* new MediaCorrupt({ reason: `the ${noun} has no content` })
  if (fileEncSha256 !== undefined && !(yield* hasHash(bytes, size, fileEncSha256)))
    return yield* new MediaCorrupt({ reason: 'the downloaded file is not the announced one' })
  for (const keysOf of announced.keys) {
    const keys = keysOf()
    if (yield* isAuthentic(bytes, size, keys)) return decrypted(bytes, size, keys, noun)
  }
  return yield* new MediaCorrupt({ reason: `the ${noun} fails its authentication code` })
})
