// Numbers that depend on a seed and nothing else: the same seed gives the same phones, contacts and histories.
import { createHash } from 'node:crypto'

const bases = new Map<string, number>()

const baseOf = (seed: string): number => {
  let base = bases.get(seed)
  if (base === undefined) {
    base = createHash('sha256').update(seed).digest().readUInt32LE(0)
    if (bases.size > 10_000) bases.clear()
    bases.set(seed, base)
  }
  return base
}

const mix = (value: number): number => {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}

export class Random {
  private state: number

  constructor(...seed: (string | number)[]) {
    this.state = baseOf(seed.join('/'))
  }

  /** The generator for one place in a large space; cheap, since a history asks for it once or twice a message. */
  static at(seed: string, first: number, second: number, what: string): Random {
    const random = new Random(seed)
    random.state = mix(mix(mix(baseOf(seed) ^ first) ^ second) ^ what.charCodeAt(0) ^ (what.length << 8))
    return random
  }

  /** 0 ≤ n < 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** An integer, `from` ≤ n < `to`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from))
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.between(0, from.length)] ?? from[0]
  }

  digits(length: number): string {
    let text = String(this.between(1, 10))
    while (text.length < length) text += String(this.between(0, 10))
    return text
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length)
    for (let i = 0; i < length; i++) bytes[i] = this.between(0, 256)
    return bytes
  }
}
