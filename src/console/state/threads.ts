// The threads of an account as a list, newest first, with what it is narrowed down to.
import { computed, signal } from '@preact/signals'
import type { InputOf, Thread, ThreadPage } from '../../client/index.ts'
import { onChange, onComeback } from '../events.ts'
import { address } from '../format.ts'
import { t } from '../i18n/i18n.ts'
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

/** Whom statuses are sent to. */
export const STATUSES = 'status@broadcast'

/** Whether the thread is the one of the statuses. */
export const isStatusThread = (threadId: string): boolean => threadId.endsWith(`__${STATUSES}`)

/** What a thread is called: its address, where it has no name. */
export const titleOf = ({
  clientJid,
  displayName,
  threadId
}: Pick<Thread, 'clientJid' | 'displayName' | 'threadId'>): string =>
  isStatusThread(threadId) ? t('kind.status') : (displayName ?? address(clientJid))

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
  /** Whether something has changed since the newest page was asked for. */
  private isWanted = false
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
    if (before === undefined) this.isWanted = this.isComing
    if (this.isComing) return
    this.isComing = true
    const known = this.byId.value
    try {
      const page = await client().call('accounts.threads', {
        ...this.filter,
        accountId: this.accountId,
        limit: PAGE,
        ...(before === undefined ? {} : { before })
      })
      if (before === undefined) this.dropMissingIn(page, known)
      this.put(page.threads)
      if (before !== undefined || this.older === null || !this.isKnown.value) this.older = page.olderCursor
      this.isKnown.value = true
      this.error.value = undefined
    } catch (error) {
      this.error.value = error
    }
    this.isComing = false
    if (this.isWanted) await this.load()
  }

  /** What would have to be on the first page, and is not, does not belong to the list any more: it was read, or lost its label. */
  private dropMissingIn({ olderCursor, threads }: ThreadPage, known: ReadonlyMap<string, Thread>): void {
    const present = new Set(threads.map(({ threadId }) => threadId))
    const oldest = olderCursor === null ? -1 : (threads.at(-1)?.lastMessageAt ?? 0)
    const left = [...this.byId.value].filter(
      ([id, { lastMessageAt }]) => present.has(id) || !known.has(id) || (lastMessageAt ?? 0) <= oldest
    )
    if (left.length < this.byId.value.size) this.byId.value = new Map(left)
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
    const shown = threads.filter(({ archived }) => archived === (this.filter.archived === true))
    // One that was archived, or brought back, is in the other list; one that has become a part of another is not there any more.
    const gone = ids.filter(id => !shown.some(({ threadId }) => threadId === id))
    if (gone.some(id => this.byId.value.has(id)))
      this.byId.value = new Map([...this.byId.value].filter(([id]) => !gone.includes(id)))
    this.put(shown)
  }
}
