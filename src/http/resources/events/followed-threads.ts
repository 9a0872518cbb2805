// The threads that a subscriber asked for. One that becomes a part of another is followed there.
import { Effect } from 'effect'
import { ThreadStore } from '../../../services/conversations/thread-store.ts'
import type { DatabaseError } from '../../../services/database/error.ts'

export interface FollowedThreads {
  readonly has: (threadId: string) => boolean
  /** To be run whenever two threads have become one. */
  readonly refresh: Effect.Effect<void, DatabaseError, ThreadStore>
}

/** By the ids that were asked for, which may be older ones, and those under which the threads are stored now. */
export const followedThreads = (
  asked: ReadonlyArray<string>,
  stored: ReadonlyArray<string>
): FollowedThreads => {
  // What happened before a merge may still be told under an older id, which is never another thread's.
  const followed = new Set([...asked, ...stored])
  return {
    has: threadId => followed.has(threadId),
    refresh: Effect.gen(function* () {
      const threads = yield* ThreadStore
      for (const threadId of asked) {
        const thread = yield* threads.read(threadId)
        if (thread !== undefined) followed.add(thread.threadId)
      }
    })
  }
}
