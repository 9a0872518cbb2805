// A stanza (Baileys' BinaryNode) as JSON, for the journal: bytes in base64, depth and size bounded.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { Schema } from 'effect'

export interface StanzaJson {
  readonly tag: string
  readonly attrs: Readonly<Record<string, string>>
  readonly content?: string | { readonly base64: string } | ReadonlyArray<StanzaJson>
}

export const StanzaJson: Schema.Codec<StanzaJson> = Schema.Struct({
  tag: Schema.String,
  attrs: Schema.Record(Schema.String, Schema.String),
  content: Schema.optionalKey(
    Schema.Union([
      Schema.String,
      Schema.Struct({ base64: Schema.String }),
      Schema.Array(Schema.suspend((): Schema.Codec<StanzaJson> => StanzaJson))
    ])
  )
})

/** Readers of the journal need three levels. */
const DEEPEST = 8
/** Longer byte strings are keys and pictures, which are never read from the journal. */
const MOST_BYTES = 64 * 1024

export const nodeToJson = (node: BinaryNode, depth = 0): StanzaJson => {
  const attrs = Object.fromEntries(
    Object.entries(node.attrs).filter(([, value]) => typeof value === 'string')
  )
  const { content, tag } = node
  if (typeof content === 'string') return { tag, attrs, content: content.slice(0, MOST_BYTES) }
  if (content instanceof Uint8Array) {
    if (content.length > MOST_BYTES) return { tag, attrs }
    return { tag, attrs, content: { base64: Buffer.from(content).toString('base64') } }
  }
  if (!Array.isArray(content) || depth >= DEEPEST) return { tag, attrs }
  return { tag, attrs, content: content.map(child => nodeToJson(child, depth + 1)) }
}

export const nodeFromJson = ({ attrs, content, tag }: StanzaJson, depth = 0): BinaryNode => {
  const node = { tag, attrs: { ...attrs } }
  if (content === undefined || depth > DEEPEST) return node
  if (typeof content === 'string') return { ...node, content }
  return 'base64' in content
    ? { ...node, content: Buffer.from(content.base64, 'base64') }
    : { ...node, content: content.map(child => nodeFromJson(child, depth + 1)) }
}
