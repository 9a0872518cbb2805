// Reading and writing WhatsApp's binary stanzas. Everything read here was written by a client that may be hostile:
// a stanza is inflated to a bounded size only, and no reader throws on a shape it did not expect.
import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { type BinaryNode, decodeDecompressedBinaryNode } from '@whiskeysockets/baileys'
import type { Dictionary } from './dictionary.ts'

export type { BinaryNode }

const STANZA_LIMIT = 8 * 1024 * 1024
const COMPRESSED = 2
const LIST_8 = 248
const LIST_16 = 249
/** Three bytes can make a node: a stanza that opens this many lists is a bomb. (In ciphertext these bytes are rare.) */
const LISTS_LIMIT = 150_000

const inflateBounded = promisify((bytes: Buffer, done: (error: Error | null, result: Buffer) => void) => {
  inflate(bytes, { maxOutputLength: STANZA_LIMIT }, done)
})

export const decodeStanza = async (frame: Buffer, dictionary: Dictionary): Promise<BinaryNode> => {
  const flags = frame[0]
  if (flags === undefined) throw new Error('empty stanza')
  if (frame.length > STANZA_LIMIT) throw new Error(`stanza of ${frame.length} bytes refused`)
  const plain = flags & COMPRESSED ? await inflateBounded(frame.subarray(1)) : frame.subarray(1)
  if (listsIn(plain) > LISTS_LIMIT) throw new Error('stanza with too many nodes refused')
  const node = decodeDecompressedBinaryNode(plain, dictionary)
  if (typeof node.tag !== 'string' || node.tag === '') throw new Error('stanza without a tag')
  return node
}

const listsIn = (bytes: Buffer): number => {
  let lists = 0
  for (const byte of bytes) if (byte === LIST_8 || byte === LIST_16) lists++
  return lists
}

export type NodeContent = BinaryNode[] | string | Uint8Array | undefined

/** Builds a stanza; attributes without a value are left out. */
export const element = (
  tag: string,
  attributes: Record<string, string | number | undefined> = {},
  content?: NodeContent
): BinaryNode => {
  const attrs: BinaryNode['attrs'] = {}
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) attrs[name] = String(value)
  return content === undefined ? { tag, attrs } : { tag, attrs, content }
}

export const children = (node: BinaryNode | undefined, tag?: string): BinaryNode[] =>
  Array.isArray(node?.content)
    ? node.content.filter(item => typeof item === 'object' && (tag === undefined || item.tag === tag))
    : []

export const child = (node: BinaryNode | undefined, tag: string): BinaryNode | undefined =>
  children(node, tag)[0]

export const bytesOf = (node: BinaryNode | undefined): Buffer | undefined => {
  const content = node?.content
  if (content === undefined || Array.isArray(content)) return undefined
  return typeof content === 'string' ? Buffer.from(content) : Buffer.from(content)
}

export const childBytes = (node: BinaryNode | undefined, tag: string): Buffer | undefined =>
  bytesOf(child(node, tag))

/** A child's bytes when it has exactly `length` of them. */
export const childBytesOf = (
  node: BinaryNode | undefined,
  tag: string,
  length: number
): Buffer | undefined => {
  const bytes = childBytes(node, tag)
  return bytes?.length === length ? bytes : undefined
}

export const textOf = (node: BinaryNode | undefined): string | undefined => bytesOf(node)?.toString('utf8')

/** A big-endian unsigned number of up to four bytes. */
export const numberOf = (bytes: Uint8Array | undefined): number | undefined =>
  bytes && bytes.length > 0 && bytes.length <= 4 ? Buffer.from(bytes).readUIntBE(0, bytes.length) : undefined
