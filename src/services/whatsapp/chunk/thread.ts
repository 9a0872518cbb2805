// A thread that reads large chunks while the main thread goes on receiving and storing. What it read goes back in packed
// parts, so that the main thread never has to stop for long to unpack it.
import { serialize } from 'node:v8'
import type { Fact } from '../../../domain/fact.ts'
import type { DecodedConversation } from '../convert/chunk.ts'
import { readChunk, type ReadingTask } from './contents.ts'
import { ChunkError } from './download.ts'

/** Each part is `Fact`s, as `v8.deserialize` reads them. */
export type PackedConversation = Omit<DecodedConversation, 'facts'> & {
  readonly parts: ReadonlyArray<Uint8Array>
}

export type PackedContents =
  | { readonly people: ReadonlyArray<Fact>; readonly conversations: ReadonlyArray<PackedConversation> }
  | { readonly failed: string; readonly lasts: ChunkError['lasts'] }

const FACTS_PER_PART = 500

const packed = ({ facts, ...conversation }: DecodedConversation): PackedConversation => {
  const parts: Array<Uint8Array> = []
  for (let from = 0; from < facts.length; from += FACTS_PER_PART)
    parts.push(serialize(facts.slice(from, from + FACTS_PER_PART)))
  return { ...conversation, parts }
}

export default async (task: ReadingTask): Promise<PackedContents> => {
  try {
    const { conversations, people } = await readChunk(task)
    return { people, conversations: Array.from(conversations, packed) }
  } catch (cause) {
    // An error's class does not survive the way to another thread.
    if (cause instanceof ChunkError) return { failed: cause.message, lasts: cause.lasts }
    throw cause
  }
}
