// A thread that reads large chunks while the main thread goes on receiving and storing. Its answer is packed in parts, so
// that the main thread never has to stop for long to unpack it.
import { Effect } from 'effect'
import type { Fact } from '../../../domain/fact.ts'
import { giveWayToMainThread } from '../../process/thread-priority.ts'
import type { DecodedConversation } from '../convert/chunk.ts'
import type { PrivacyTokens } from '../convert/privacy-tokens.ts'
import { readChunk, type ReadingTask, unconverted } from './contents.ts'
import type { ChunkError } from './errors.ts'
import { packFacts, type PackedPart } from './packed-facts.ts'

giveWayToMainThread()

export type PackedConversation = Omit<DecodedConversation, 'facts'> & {
  readonly parts: ReadonlyArray<PackedPart>
}

/** An error's class is lost between threads: `failed` is its tag. */
export type PackedContents =
  | {
      readonly people: ReadonlyArray<Fact>
      readonly tokens: PrivacyTokens
      readonly conversations: ReadonlyArray<PackedConversation>
    }
  | { readonly failed: ChunkError['_tag']; readonly reason: string }

const packed = ({ facts, ...conversation }: DecodedConversation): PackedConversation => ({
  ...conversation,
  parts: packFacts(facts)
})

export default (task: ReadingTask): Promise<PackedContents> =>
  Effect.runPromise(
    readChunk(task).pipe(
      Effect.flatMap(({ conversations, people, tokens }) =>
        Effect.try({
          try: () => ({ people, tokens, conversations: Array.from(conversations, packed) }),
          catch: unconverted
        })
      ),
      Effect.catch(({ _tag: failed, reason }) => Effect.succeed({ failed, reason }))
    )
  )
