// One open conversation: its window of messages, how complete it is, and what keeps both up to date.
import { computed, signal } from '@preact/signals'
import type { Message, Pin, ThreadCoverage, ThreadWithPastParticipants } from '../../client/index.ts'
import { isCode } from '../errors.ts'
import { type Change, onChange, onComeback } from '../events.ts'
import { t } from '../i18n/i18n.ts'
import { client } from '../session.ts'
import { tellFailure } from '../toasts.ts'
import { gathered, paced } from './pacing.ts'
import {
  EMPTY_WINDOW,
  messagesIn,
  type MessageWindow,
  type Page,
  PAGE,
  pageOf,
  windowFrom,
  withChanged,
  withNewer,
  withOlder
} from './window.ts'

/** What is to be looked at: a message, or where a time is. */
export interface Target {
  readonly messageId: string
  /** Another one each time, also for the same message. */
  readonly turn: number
}

const CHANGES_MS = 250
/** With more changes than that at once, the page is read again instead of each message. */
const MANY = 8

const withPageAfter = (window: MessageWindow, after: string | null | undefined, page: Page): MessageWindow =>
  after == null ? windowFrom(page, true) : withNewer(window, page)

const edgeOf = ({ gaps, oldest, requests }: ThreadCoverage): string =>
  JSON.stringify([oldest, gaps.map(({ from, gapId, to }) => [gapId, from, to]), requests.length])

export class Conversation {
  readonly accountId: string
  readonly threadId: string
  readonly window = signal<MessageWindow>(EMPTY_WINDOW)
  readonly messages = computed(() => messagesIn(this.window.value))
  readonly thread = signal<ThreadWithPastParticipants | undefined>(undefined)
  readonly coverage = signal<ThreadCoverage | undefined>(undefined)
  /** What stands at the top of the chat, the newest pin first. */
  readonly pins = signal<ReadonlyArray<Pin>>([])
  readonly error = signal<unknown>(undefined)
  readonly target = signal<Target | undefined>(undefined)
  readonly isReading = signal(true)
  /** Whether this account has no such conversation, or not for this key. */
  readonly isGone = computed<boolean>(() => {
    const isElsewhere = this.thread.value !== undefined && this.thread.value.accountId !== this.accountId
    return isElsewhere || (this.messages.value.length === 0 && isCode(this.error.value, 'not-found'))
  })
  private isOlderComing = false
  private isNewerComing = false
  /** Whether more may have come since newer ones were asked for. */
  private isNewerWanted = false
  private turn = 0
  private readonly stops: ReadonlyArray<() => void>

  constructor(accountId: string, threadId: string) {
    this.accountId = accountId
    this.threadId = threadId
    const take = gathered(CHANGES_MS, ids => this.takeChanges(ids))
    const takeThread = paced(CHANGES_MS, () => this.readFacts())
    this.stops = [
      onChange(change => {
        if (this.isMine(change)) {
          if (change.what === 'message') take(change.messageId)
          takeThread('')
        }
      }),
      onComeback(() => {
        void this.readAgain()
        takeThread('')
      })
    ]
  }

  dispose(): void {
    for (const stop of this.stops) stop()
  }

  /** Begins at the newest message, at a message, or at a time (milliseconds since 1970). */
  async open(place?: string): Promise<void> {
    // Where there is no such conversation, reading its messages says so.
    this.readFacts().catch(() => undefined)
    await this.attempt(() => (place === undefined ? this.readNewest() : this.readAround(place)))
  }

  async goTo(place: string): Promise<void> {
    const held = this.messages.value.find(({ messageId }) => messageId === place)
    if (held !== undefined) this.show(held)
    else await this.attempt(() => this.readAround(place))
  }

  async goToNewest(): Promise<void> {
    if (!this.window.value.atNewest) await this.attempt(() => this.readNewest())
    const last = this.messages.value.at(-1)
    if (last !== undefined) this.show(last)
  }

  async loadOlder(): Promise<void> {
    const { atOldest, pages } = this.window.value
    const before = pages[0]?.olderCursor
    if (atOldest || before == null || this.isOlderComing) return
    this.isOlderComing = true
    await this.attempt(async () => {
      const page = pageOf(
        await client().call('threads.messages', { threadId: this.threadId, limit: PAGE, before })
      )
      // The window may have moved elsewhere meanwhile.
      if (this.window.value.pages[0]?.olderCursor === before)
        this.window.value = withOlder(this.window.value, page)
    })
    this.isOlderComing = false
  }

  async loadNewer(): Promise<void> {
    if (this.window.value.atNewest || this.isNewerComing) return
    await this.readNewer()
  }

  /** Reads this message again, as after something was done with it. */
  async refresh(messageId: string): Promise<void> {
    await this.takeChanges([messageId])
  }

  /** Messages that came while nothing was heard. */
  async catchUp(): Promise<void> {
    if (this.window.value.atNewest) await this.readNewer()
  }

  async readFacts(): Promise<void> {
    const { threadId } = this
    const [thread, coverage, { pins }] = await Promise.all([
      client().call('threads.thread', { threadId }),
      client().call('history.coverage', { threadId }),
      client().call('threads.pins', { threadId })
    ])
    const before = this.coverage.value
    this.thread.value = thread
    this.coverage.value = coverage
    this.pins.value = pins
    if (before !== undefined && edgeOf(before) !== edgeOf(coverage)) await this.readAgain()
  }

  /** Whether it stands at the top of the chat at a time (milliseconds since 1970). */
  isPinned({ messageId }: Message, now = Date.now()): boolean {
    return this.pins.value.some(({ message, until }) => message.messageId === messageId && until > now)
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.error.value = undefined
    } catch (error) {
      this.error.value = error
    }
    this.isReading.value = false
  }

  private isMine(change: Change): boolean {
    const names = 'threadId' in change ? change.threadId : undefined
    return names === this.threadId || (names !== undefined && names === this.thread.value?.threadId)
  }

  private show({ messageId }: Message): void {
    this.turn += 1
    this.target.value = { messageId, turn: this.turn }
  }

  private async readNewest(): Promise<void> {
    const page = await client().call('threads.messages', { threadId: this.threadId, limit: PAGE })
    this.window.value = windowFrom(pageOf(page), true)
  }

  /** At a message that is not kept here there is nothing to see; the newest ones are shown instead. */
  private async readAround(place: string): Promise<void> {
    try {
      await this.readAt(place)
    } catch (error) {
      if (!isCode(error, 'not-found')) throw error
      await this.readNewest()
      tellFailure(t('gone.message'))
    }
  }

  /** Not before the first message: there is nothing to show from there. */
  private async timeOf(place: string): Promise<number> {
    const { threadId } = this
    if (!/^\d{10,16}$/.test(place))
      return (await client().call('threads.message', { threadId, messageId: place })).tsClient
    const { oldest } = this.coverage.value ?? (await client().call('history.coverage', { threadId }))
    return Math.max(Number(place), oldest?.at ?? 0)
  }

  private async readAt(place: string): Promise<void> {
    const at = await this.timeOf(place)
    const { threadId } = this
    const older = pageOf(
      await client().call('threads.messages', { threadId, limit: PAGE, until: String(at + 1000) })
    )
    const start = windowFrom(older, false)
    this.window.value = await this.newerThan(start)
    const found =
      this.messages.value.find(({ messageId }) => messageId === place) ??
      this.messages.value.find(({ tsClient }) => tsClient >= at) ??
      this.messages.value.at(-1)
    if (found !== undefined) this.show(found)
  }

  /** Before the first message of a thread there is no place to go on from: everything is newer. */
  private async pageAfter(after: string | null | undefined): Promise<Page> {
    const { threadId } = this
    const only = after == null ? {} : { after }
    return pageOf(await client().call('threads.messages', { threadId, limit: PAGE, ...only }))
  }

  /** The window with the page behind it. */
  private async newerThan(window: MessageWindow): Promise<MessageWindow> {
    const after = window.pages.at(-1)?.newerCursor
    return withPageAfter(window, after, await this.pageAfter(after))
  }

  private async readNewer(): Promise<void> {
    this.isNewerWanted = true
    if (this.isNewerComing) return
    this.isNewerComing = true
    while (this.isNewerWanted) {
      this.isNewerWanted = false
      await this.attempt(async () => {
        const after = this.window.value.pages.at(-1)?.newerCursor
        const page = await this.pageAfter(after)
        // Older ones may have come meanwhile, or the window may have moved elsewhere.
        if (this.window.value.pages.at(-1)?.newerCursor === after)
          this.window.value = withPageAfter(this.window.value, after, page)
      })
    }
    this.isNewerComing = false
  }

  /** Something came into the middle of what is shown: it is read again from its oldest message on. */
  private async readAgain(): Promise<void> {
    const { pages } = this.window.value
    const first = pages.length > 2 ? pages[1] : pages[0]
    const until = first?.messages.at(-1)?.tsClient
    if (until === undefined) return
    await this.attempt(async () => {
      const { threadId } = this
      const page = await client().call('threads.messages', {
        threadId,
        limit: PAGE,
        until: String(until + 1000)
      })
      let window = windowFrom(pageOf(page), false)
      for (let n = pages.length; n > 0 && !window.atNewest; n -= 1) window = await this.newerThan(window)
      this.window.value = window
    })
    // What came while it was read may have been in the window before, and not in what was read.
    await this.catchUp()
  }

  private async takeChanges(ids: ReadonlyArray<string>): Promise<void> {
    const known = new Set(this.messages.value.map(({ messageId }) => messageId))
    const held = ids.filter(id => known.has(id))
    if (held.length > MANY) return this.readAgain()
    const { threadId } = this
    const changed = await Promise.all(
      held.map(messageId => client().call('threads.message', { threadId, messageId }))
    )
    if (changed.length > 0) this.window.value = withChanged(this.window.value, changed)
    if (held.length < ids.length) await this.catchUp()
  }
}
