// What the owner has not read of a chat: its newest messages of others, as many as are counted. What is read is read up to a message.
import type { MailboxChat } from './chat.ts'
import type { Mailbox } from './mailbox.ts'

interface Unread {
  /** The id that it was sent under. */
  readonly id: string
  /** That of its last edit, if there is one. */
  readonly shownId: string
  /** Who wrote it in a group. */
  readonly participant: string | undefined
  /** What is none of the owner's unread messages is read, too: a second file of a message, or one that was removed with its chat. */
  readonly isCounted: boolean
}

/** What is unread, newest first. */
export function* unreadOf(mailbox: Mailbox, chat: MailboxChat): Generator<Unread> {
  let left = chat.unread
  for (let place = mailbox.size(chat) - 1; place >= 0 && left > 0; place--) {
    const { fromMe, id: shownId, participant } = mailbox.infoAt(chat, place)?.key ?? {}
    const id = mailbox.idAt(chat, place)
    if (fromMe === true || id === undefined) continue
    const isCounted = mailbox.isCounted(chat, place)
    if (isCounted) left--
    yield { id, shownId: shownId ?? id, participant: participant ?? undefined, isCounted }
  }
}

/** The owner has read the newest of these and everything before it; what was read already changes nothing. */
export const readUpTo = (mailbox: Mailbox, chat: MailboxChat, ids: ReadonlySet<string>): void => {
  let newer = 0
  for (const unread of unreadOf(mailbox, chat)) {
    if (ids.has(unread.id) || ids.has(unread.shownId)) {
      chat.unread = newer
      return
    }
    if (unread.isCounted) newer++
  }
}
