// The threads of an account as a list, newest first, with what it is narrowed down to.
import { computed, signal } from '@preact/signals'
import type { InputOf, Thread } from '../../client/index.ts'
import { onChange, onComeback } from '../events.ts'
import { client } from '../session.ts'
import { gathered } from './pacing.ts'

export type ThreadFilter = Omit<
  InputOf<'accounts.threads'>,
  'accountId' | 'limit' | 'before' | 'after' | 'cursor'
>

const PAGE = 50
const CHANGES_MS = 500
/** With more threads than that changed at once, the first page is read instead. */
const MANY = 4

/** For a time, or for ever (-1). */
export const isMuted = ({ mutedUntil }: Pick<Thread, 'mutedUntil'>, now = Date.now()): boolean =>
  mutedUntil !== null && (mutedUntil === -1 || mutedUntil > now)

const isBefore = (a: Thread, b: Thread): number =>
  Number(b.pinnedAt !== null) - Number(a.pinnedAt !== null) || (b.lastMessageAt ?? 0) - (a.lastMessageAt ?? 0)

export class ThreadList {
  readonly accountId: string
  readonly filter: ThreadFilter
  private readonly byId = signal<ReadonlyMap<string, Thread>>(new Map())
  readonly threads = computed(() => [...this.byId.value.values()].toSorted(isBefore))
  readonly error = signal<unknown>(undefined)
  readonly isKnown = signal(false)
  private older: string | null = null
  private isComing = false
  private readonly stops: ReadonlyArray<() => void>

  constructor(accountId: string, filter: ThreadFilter) {
    this.accountId = accountId
    this.filter = filter
    const take = gathered(CHANGES_MS, ids => this.takeChanges(ids))
    this.stops = [
      onChange(change => {
        if ('threadId' in change && change.accountId === accountId) take(change.threadId)
      }),
      onComeback(() => void this.load())
    ]
  }

  dispose(): void {
    for (const stop of this.stops) stop()
  }

  async load(): Promise<void> {
    await this.read(undefined)
  }

  async loadOlder(): Promise<void> {
    if (this.older !== null) await this.read(this.older)
  }

  private async read(before: string | undefined): Promise<void> {
    if (this.isComing) return
    this.isComing = true
    try {
      const page = await client().call('accounts.threads', {
        ...this.filter,
        accountId: this.accountId,
        limit: PAGE,
        ...(before === undefined ? {} : { before })
      })
      this.put(page.threads)
      if (before !== undefined || this.older === null || !this.isKnown.value) this.older = page.olderCursor
      this.isKnown.value = true
      this.error.value = undefined
    } catch (error) {
      this.error.value = error
    }
    this.isComing = false
  }

  private put(threads: ReadonlyArray<Thread>): void {
    const next = new Map(this.byId.value)
    for (const thread of threads) next.set(thread.threadId, thread)
    this.byId.value = next
  }

  private async takeChanges(ids: ReadonlyArray<string>): Promise<void> {
    const isNarrowed = Object.keys(this.filter).length > 1
    if (ids.length > MANY || isNarrowed) return this.load()
    const threads = await Promise.all(ids.map(threadId => client().call('threads.thread', { threadId })))
    const shown = threads.filter(
      ({ archived, threadId }) =>
        this.byId.value.has(threadId) || archived === (this.filter.archived === true)
    )
    this.put(shown)
    // One that has become a part of another is not there any more.
    const gone = ids.filter(id => !threads.some(({ threadId }) => threadId === id))
    if (gone.some(id => this.byId.value.has(id)))
      this.byId.value = new Map([...this.byId.value].filter(([id]) => !gone.includes(id)))
  }
}
