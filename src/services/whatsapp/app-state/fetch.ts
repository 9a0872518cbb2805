// Asks WhatsApp for collections of app state, and fetches what is not in the answer itself.
import { createHash } from 'node:crypto'
import {
  type BinaryNode,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  proto,
  S_WHATSAPP_NET
} from '@whiskeysockets/baileys'
import { Effect, Schema, Stream } from 'effect'
import { mediaAddress } from '../../../domain/media-address.ts'
import { decrypt, sameBytes } from '../media/decryption.ts'
import { encryptedBytesInMemory } from '../media/encrypted-bytes.ts'
import { expandMediaKey } from '../media/keys.ts'
import type { MediaServer } from '../media/server.ts'
import { transfer } from '../media/transfer.ts'

/** An answer that cannot be used: refused, incomplete, or a file that cannot be fetched. */
export class FetchFailed extends Schema.TaggedError<FetchFailed>()('FetchFailed', {
  reason: Schema.String
}) {}

export interface Wanted {
  readonly name: string
  readonly version: number
  /** Everything in one piece, instead of what changed after the version. */
  readonly snapshot: boolean
}

/** What WhatsApp has of one collection. */
export interface Fetched {
  readonly name: string
  readonly snapshot: proto.SyncdSnapshot | undefined
  readonly patches: ReadonlyArray<proto.SyncdPatch>
  /** The version that WhatsApp has after these patches; `undefined` when it does not say. */
  readonly version: number | undefined
  readonly hasMore: boolean
}

/** Bytes; only stops what cannot be a collection. */
const LARGEST = 64 * 1024 * 1024
const TIMEOUT = '60 seconds'

export const collectionsQuery = (wanted: ReadonlyArray<Wanted>): BinaryNode => ({
  tag: 'iq',
  attrs: { to: S_WHATSAPP_NET, xmlns: 'w:sync:app:state', type: 'set' },
  content: [
    {
      tag: 'sync',
      attrs: {},
      content: wanted.map(({ name, snapshot, version }) => ({
        tag: 'collection',
        attrs: { name, version: String(version), return_snapshot: String(snapshot) }
      }))
    }
  ]
})

const failed = (reason: string) => new FetchFailed({ reason })

const decoded = <A>(decode: () => A): Effect.Effect<A, FetchFailed> =>
  Effect.try({ try: decode, catch: () => failed('it cannot be decoded') })

/** The content of a file on WhatsApp's media server. */
const download = Effect.fnUntraced(
  function* (reference: proto.IExternalBlobReference, server: MediaServer) {
    const { directPath, fileEncSha256, fileSha256, mediaKey } = reference
    const url = mediaAddress(directPath ?? '', server.base)
    if (url === undefined || !mediaKey?.length) return yield* failed('it names no file')
    const encrypted = encryptedBytesInMemory()
    yield* transfer(url, encrypted, LARGEST, server.proxy).pipe(
      Effect.timeoutOrElse({
        duration: TIMEOUT,
        orElse: () => Effect.fail(failed('the media server did not answer in time'))
      })
    )
    const content = yield* decrypt(encrypted, {
      noun: 'file',
      fileEncSha256: fileEncSha256?.length ? fileEncSha256 : undefined,
      keys: [() => expandMediaKey(mediaKey, 'App State')]
    })
    const plain = Buffer.concat(yield* Stream.runCollect(content))
    if (fileSha256?.length && !sameBytes(createHash('sha256').update(plain).digest(), fileSha256))
      return yield* failed('the decrypted file is not the announced one')
    return plain
  },
  Effect.catchTags({
    MediaExpired: ({ status }) => Effect.fail(failed(`the media server answered ${status}`)),
    MediaUnavailable: ({ reason }) => Effect.fail(failed(reason)),
    MediaTooLarge: () => Effect.fail(failed('the file is too large')),
    MediaCorrupt: ({ reason }) => Effect.fail(failed(reason))
  })
)

const bytesIn = ({ content }: BinaryNode): Uint8Array | undefined =>
  content instanceof Uint8Array ? content : undefined

const snapshotIn = Effect.fnUntraced(function* (collection: BinaryNode, server: MediaServer) {
  const bytes = getBinaryNodeChild(collection, 'snapshot')
  const reference = bytes && bytesIn(bytes)
  if (reference === undefined) return undefined
  const file = yield* download(yield* decoded(() => proto.ExternalBlobReference.decode(reference)), server)
  return yield* decoded(() => proto.SyncdSnapshot.decode(file))
})

/** Large patches are files, too. */
const patchIn = Effect.fnUntraced(function* (bytes: Uint8Array, server: MediaServer) {
  const patch = yield* decoded(() => proto.SyncdPatch.decode(bytes))
  if (patch.externalMutations) {
    const file = yield* download(patch.externalMutations, server)
    patch.mutations = (yield* decoded(() => proto.SyncdMutations.decode(file))).mutations
  }
  return patch
})

const versionOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined

const collectionIn = Effect.fnUntraced(function* (node: BinaryNode, server: MediaServer) {
  const { attrs } = node
  const error = getBinaryNodeChild(node, 'error')
  if (attrs['type'] === 'error' || error !== undefined)
    return yield* failed(`WhatsApp refused it (${error?.attrs['code'] ?? 'no code'})`)
  const snapshot = yield* snapshotIn(node, server)
  const list = getBinaryNodeChildren(getBinaryNodeChild(node, 'patches') ?? node, 'patch')
  const patches = yield* Effect.forEach(
    list.flatMap(patch => bytesIn(patch) ?? []),
    bytes => patchIn(bytes, server)
  )
  const fetched: Fetched = {
    name: attrs['name'] ?? '',
    snapshot,
    patches,
    version: versionOf(attrs['version']),
    hasMore: attrs['has_more_patches'] === 'true'
  }
  return fetched
})

/** The collections in an answer; of one that cannot be used, why. */
export const collectionsIn = (answer: BinaryNode, server: MediaServer) =>
  Effect.forEach(getBinaryNodeChildren(getBinaryNodeChild(answer, 'sync'), 'collection'), node =>
    Effect.map(Effect.result(collectionIn(node, server)), fetched => ({
      name: node.attrs['name'] ?? '',
      fetched
    }))
  )
