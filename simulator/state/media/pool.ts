// The files that one phone's history draws from: a few of each kind, so that their hashes are computed once and not once for
// each message.
import { Random } from '../random.ts'
import { encryptMedia, type FileKind, sha256Of } from './encryption.ts'
import { SAMPLE_FILES } from './sample-files.ts'
import type { MediaStore } from './store.ts'

export interface MediaFile {
  readonly mediaKey: Buffer
  readonly fileSha256: Buffer
  readonly fileEncSha256: Buffer
  readonly fileLength: number
  readonly directPath: string
  readonly mimetype: string
}

const VARIANTS = 8

/** Each file is made when it is first used, and made again for a download. */
export class MediaPool {
  private readonly files = new Map<string, MediaFile>()
  private readonly seed: string
  private readonly store: MediaStore

  constructor(seed: string, store: MediaStore) {
    this.seed = seed
    this.store = store
  }

  file(kind: FileKind, random: Random): MediaFile {
    const name = `${kind}-${random.between(0, VARIANTS)}`
    let file = this.files.get(name)
    if (!file) this.files.set(name, (file = this.make(kind, name)))
    return file
  }

  private make(kind: FileKind, name: string): MediaFile {
    const { mimetype, make } = SAMPLE_FILES[kind]
    const build = (): { plain: Buffer; mediaKey: Buffer; encrypted: Buffer } => {
      const random = new Random(this.seed, name)
      const mediaKey = random.bytes(32)
      const plain = make(random)
      return { plain, mediaKey, encrypted: encryptMedia(plain, mediaKey, kind) }
    }
    const { plain, mediaKey, encrypted } = build()
    const directPath = `/v/t62.sim/${sha256Of(Buffer.from(`${this.seed}/${name}`))
      .toString('hex')
      .slice(0, 32)}.enc`
    this.store.offer(directPath, () => build().encrypted)
    return {
      mediaKey,
      fileSha256: sha256Of(plain),
      fileEncSha256: sha256Of(encrypted),
      fileLength: plain.length,
      directPath,
      mimetype
    }
  }
}
