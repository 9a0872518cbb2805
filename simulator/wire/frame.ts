// Cuts a byte stream into Noise frames: an optional routing header, the `WA` header, then frames with a 24-bit length.
// Bytes are stored as the chunks they came in and joined once per frame, so a sender of single bytes costs no more.
import { NotServed } from './not-served.ts'

/** A header is this, the version of the protocol, and that of the dictionary. */
const MAGIC = Buffer.from('WA')
/** They differ in nothing that matters here; older clients send the first. */
const SERVED_PROTOCOLS = [5, 6]
const ROUTING_MARK = 0x45
const ROUTING_LIMIT = 1024

export class FrameReader {
  header: Buffer | undefined
  private chunks: Buffer[] = []
  private size = 0

  /** `limit` is asked at each frame: the handshake allows less than the session after it. */
  private readonly limit: () => number

  constructor(limit: () => number) {
    this.limit = limit
  }

  push(chunk: Buffer): Buffer[] {
    if (chunk.length === 0) return []
    this.chunks.push(chunk)
    this.size += chunk.length
    const frames: Buffer[] = []
    if (!this.header && !this.readHeader()) return frames
    for (;;) {
      const length = this.peekLength()
      if (length === undefined) return frames
      if (length > this.limit()) throw new Error(`frame of ${length} bytes refused`)
      if (this.size < length + 3) return frames
      frames.push(this.take(length + 3).subarray(3))
    }
  }

  private peekLength(): number | undefined {
    if (this.size < 3) return undefined
    return this.peek(3).readUIntBE(0, 3)
  }

  private readHeader(): boolean {
    if (this.size < 4) return false
    let routing = 0
    if (this.peek(1)[0] === ROUTING_MARK) {
      if (this.size < 7) return false
      routing = 7 + this.peek(7).readUIntBE(4, 3)
      if (routing > ROUTING_LIMIT) throw new Error('routing header too long')
      if (this.size < routing + 4) return false
    }
    const header = this.take(routing + 4).subarray(routing)
    if (!header.subarray(0, 2).equals(MAGIC)) throw new Error('not a WhatsApp header')
    const protocol = header[2] ?? 0
    if (!SERVED_PROTOCOLS.includes(protocol))
      throw new NotServed(
        501,
        `protocol version ${protocol} is not served: ${SERVED_PROTOCOLS.join(' and ')} are`
      )
    this.header = Buffer.from(header)
    return true
  }

  private peek(length: number): Buffer {
    const [first] = this.chunks
    if (first && first.length >= length) return first
    const joined = Buffer.concat(this.chunks)
    this.chunks = [joined]
    return joined
  }

  private take(length: number): Buffer {
    let rest = length
    const parts: Buffer[] = []
    while (rest > 0) {
      const first = this.chunks[0]
      if (!first) throw new Error('fewer bytes than promised')
      if (first.length <= rest) {
        parts.push(first)
        this.chunks.shift()
        rest -= first.length
      } else {
        parts.push(first.subarray(0, rest))
        this.chunks[0] = first.subarray(rest)
        rest = 0
      }
    }
    this.size -= length
    const [only] = parts
    return parts.length === 1 && only ? only : Buffer.concat(parts)
  }
}

export const encodeFrame = (payload: Uint8Array): Buffer => {
  if (payload.length > 0xffffff) throw new Error(`a frame cannot carry ${payload.length} bytes`)
  const frame = Buffer.allocUnsafe(3 + payload.length)
  frame.writeUIntBE(payload.length, 0, 3)
  frame.set(payload, 3)
  return frame
}
