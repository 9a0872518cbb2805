// The media host's shelves: encrypted files by path, uploaded by clients or made on demand. A file made on demand keeps
// only its recipe; the bytes are made again when someone downloads it, and the most recent ones are kept ready.
import { createHash } from 'node:crypto'

const READY_BYTES = 256 * 1024 * 1024
const UPLOADED_BYTES = 512 * 1024 * 1024

export type Recipe = () => Buffer | undefined

export class MediaStore {
  private readonly uploaded = new Map<string, Buffer>()
  private uploadedBytes = 0
  private readonly recipes = new Map<string, Recipe>()
  private readonly ready = new Map<string, Buffer>()
  private readyBytes = 0
  private readonly expired = new Set<string>()
  private readonly moved = new Map<string, string>()

  /** Keeps an uploaded file; the oldest ones make room when the shelves are full. */
  upload(path: string, bytes: Buffer): void {
    this.uploadedBytes += bytes.length - (this.uploaded.get(path)?.length ?? 0)
    this.uploaded.set(path, bytes)
    for (const [oldest, file] of this.uploaded) {
      if (this.uploadedBytes <= UPLOADED_BYTES || oldest === path) break
      this.uploaded.delete(oldest)
      this.uploadedBytes -= file.length
    }
  }

  offer(path: string, recipe: Recipe, bytes?: Buffer): void {
    this.recipes.set(path, recipe)
    if (bytes) this.keepReady(path, bytes)
  }

  withdraw(path: string): void {
    this.uploaded.delete(path)
    this.recipes.delete(path)
    this.ready.delete(path)
  }

  /** The media host no longer has the file; the phone that sent or got it still does. */
  expire(path: string): void {
    this.expired.add(path)
  }

  /** What the media host serves; a file that expired is there no more. */
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
    const kept = this.uploaded.get(path) ?? this.ready.get(path)
    if (kept) return kept
    const made = this.recipes.get(path)?.()
    if (made) this.keepReady(path, made)
    return made
  }

  private keepReady(path: string, bytes: Buffer): void {
    if (this.ready.has(path)) return
    this.ready.set(path, bytes)
    this.readyBytes += bytes.length
    for (const [oldest, file] of this.ready) {
      if (this.readyBytes <= READY_BYTES) break
      this.ready.delete(oldest)
      this.readyBytes -= file.length
    }
  }
}
