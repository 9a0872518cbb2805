// A window over the messages of a thread: some pages, one after the other, that move over the conversation in both directions. However
// long that is, the browser holds and draws a few hundred messages.
import type { Message, MessagePage } from '../../client/index.ts'

export interface Page {
  /** Oldest first. */
  readonly messages: ReadonlyArray<Message>
  readonly olderCursor: string | null
  readonly newerCursor: string | null
}

export interface MessageWindow {
  /** Oldest first; never empty of pages once something was read. */
  readonly pages: ReadonlyArray<Page>
  /** Whether what is stored begins, or ends, with it. */
  readonly atOldest: boolean
  readonly atNewest: boolean
}

export const PAGE = 25
/** Beyond that, pages at the other end are let go. */
const MOST = 240

export const EMPTY_WINDOW: MessageWindow = { pages: [], atOldest: false, atNewest: false }

/** The API's pages are newest first. */
export const pageOf = ({ messages, newerCursor, olderCursor }: MessagePage): Page => ({
  messages: messages.toReversed(),
  newerCursor,
  olderCursor
})

export const messagesIn = ({ pages }: MessageWindow): ReadonlyArray<Message> =>
  pages.flatMap(({ messages }) => messages)

const counted = (pages: ReadonlyArray<Page>): number =>
  pages.reduce((sum, { messages }) => sum + messages.length, 0)

/** The newest messages, or those up to a place. */
export const windowFrom = (page: Page, atNewest: boolean): MessageWindow => ({
  pages: [page],
  atOldest: page.olderCursor === null,
  atNewest
})

const withoutNewest = (window: MessageWindow): MessageWindow => {
  const rest = window.pages.slice(0, -1)
  return rest.length > 1 && counted(window.pages) > MOST
    ? withoutNewest({ ...window, pages: rest, atNewest: false })
    : window
}

const withoutOldest = (window: MessageWindow): MessageWindow => {
  const rest = window.pages.slice(1)
  return rest.length > 1 && counted(window.pages) > MOST
    ? withoutOldest({ ...window, pages: rest, atOldest: false })
    : window
}

const idsIn = (window: MessageWindow): ReadonlySet<string> =>
  new Set(messagesIn(window).map(({ messageId }) => messageId))

const onlyNew = (window: MessageWindow, page: Page): Page => {
  const known = idsIn(window)
  return { ...page, messages: page.messages.filter(({ messageId }) => !known.has(messageId)) }
}

export const withOlder = (window: MessageWindow, page: Page): MessageWindow =>
  withoutNewest({
    ...window,
    pages: [onlyNew(window, page), ...window.pages],
    atOldest: page.olderCursor === null || page.messages.length === 0
  })

/** A few messages are added to the last page: pages of one message each would never be let go. */
export const withNewer = (window: MessageWindow, page: Page): MessageWindow => {
  const fresh = onlyNew(window, page)
  const last = window.pages.at(-1)
  const isJoined = last !== undefined && last.messages.length + fresh.messages.length <= PAGE
  const pages = isJoined
    ? [
        ...window.pages.slice(0, -1),
        {
          messages: [...last.messages, ...fresh.messages],
          olderCursor: last.olderCursor,
          newerCursor: fresh.newerCursor ?? last.newerCursor
        }
      ]
    : [...window.pages, fresh]
  return withoutOldest({ ...window, pages, atNewest: page.messages.length < PAGE })
}

/** The same with messages as they are now; those that are not in it are left out. */
export const withChanged = (window: MessageWindow, changed: ReadonlyArray<Message>): MessageWindow => {
  const byId = new Map(changed.map(message => [message.messageId, message]))
  const pages = window.pages.map(page =>
    page.messages.some(({ messageId }) => byId.has(messageId))
      ? { ...page, messages: page.messages.map(message => byId.get(message.messageId) ?? message) }
      : page
  )
  return { ...window, pages }
}
