// The media host's storage: encrypted files by path, uploaded by clients or generated on demand. Of a generated file only the
// function that makes it is stored; the bytes are made when someone downloads it, and the most recent ones are cached.
import { createHash } from 'node:crypto'

const CACHED_BYTES = 256 * 1024 * 1024
const UPLOADED_BYTES = 512 * 1024 * 1024

/** Makes the bytes of a file. */
export type FileMaker = () => Buffer | undefined

export class MediaStore {
  private readonly uploaded = new Map<string, Buffer>()
  private uploadedBytes = 0
  private readonly makers = new Map<string, FileMaker>()
  private readonly cache = new Map<string, Buffer>()
  private cachedBytes = 0
  private readonly expired = new Set<string>()
  private readonly moved = new Map<string, string>()

  /** Stores an uploaded file; the oldest files are deleted when there are too many bytes. */
  upload(path: string, bytes: Buffer): void {
    this.uploadedBytes += bytes.length - (this.uploaded.get(path)?.length ?? 0)
    this.uploaded.set(path, bytes)
    for (const [oldest, file] of this.uploaded) {
      if (this.uploadedBytes <= UPLOADED_BYTES || oldest === path) break
      this.uploaded.delete(oldest)
      this.uploadedBytes -= file.length
    }
  }

  offer(path: string, maker: FileMaker, bytes?: Buffer): void {
    this.makers.set(path, maker)
    if (bytes) this.addToCache(path, bytes)
  }

  withdraw(path: string): void {
    this.uploaded.delete(path)
    this.makers.delete(path)
    this.cache.delete(path)
  }

  /** The media host no longer has the file; the phone that sent or got it still does. */
  expire(path: string): void {
    this.expired.add(path)
  }

  /** What the media host serves; a file that expired is not there any more. */
  serve(path: string): Buffer | 'expired' | undefined {
    return this.expired.has(path) ? 'expired' : this.get(path)
  }

  /** The phone uploads the file again if it expired, under another path; answers where it is, if the phone has it. */
  again(path: string): string | undefined {
    const file = this.get(path)
    if (!file) return undefined
    if (!this.expired.has(path)) return path
    const current = this.moved.get(path)
    if (current !== undefined && !this.expired.has(current)) return current
    const next = `/v/t62.again/${createHash('sha256')
      .update(current ?? path)
      .digest('hex')
      .slice(0, 32)}.enc`
    this.upload(next, file)
    this.moved.set(path, next)
    return next
  }

  get(path: string): Buffer | undefined {
    const stored = this.uploaded.get(path) ?? this.cache.get(path)
    if (stored) return stored
    const made = this.makers.get(path)?.()
    if (made) this.addToCache(path, made)
    return made
  }

  private addToCache(path: string, bytes: Buffer): void {
    if (this.cache.has(path)) return
    this.cache.set(path, bytes)
    this.cachedBytes += bytes.length
    for (const [oldest, file] of this.cache) {
      if (this.cachedBytes <= CACHED_BYTES) break
      this.cache.delete(oldest)
      this.cachedBytes -= file.length
    }
  }
}
