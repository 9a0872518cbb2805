// Compares what the owner of a simulated phone set (names, archive, pin, mute, unread marks and counts, labels) with what an application reads.
import type { HeldChat, HeldLabel } from '../simulator/state/truth.ts'
import type { Label } from '../src/domain/label.ts'
import type { Thread } from '../src/domain/thread.ts'

const differencesOf = (held: HeldChat, thread: Thread): ReadonlyArray<string> => {
  const pairs: Readonly<Record<string, readonly [unknown, unknown]>> = {
    name: [held.name ?? thread.displayName, thread.displayName],
    archived: [held.archived, thread.archived],
    pinned: [held.pinned, thread.pinnedAt !== null],
    mutedUntil: [held.mutedUntil, thread.mutedUntil],
    markedUnread: [held.markedUnread, thread.markedUnread],
    unreadCount: [held.unread, thread.unreadCount],
    labels: [held.labels.toSorted().join(), thread.labels.toSorted().join()]
  }
  return Object.entries(pairs)
    .filter(([, [phone, here]]) => phone !== here)
    .map(([name, [phone, here]]) => `${name} ${String(here)} instead of ${String(phone)}`)
}

/** Each thread that is not as the chat on the phone, with what differs. */
export const compareChats = (
  threads: ReadonlyArray<Thread>,
  held: ReadonlyArray<HeldChat>
): ReadonlyArray<string> =>
  // Who had another number before may be listed under it, or somebody else may be.
  held
    .filter(({ formerJids }) => formerJids.length === 0)
    .flatMap(chat => {
      const found = threads.filter(({ clientJid }) => [chat.chatJid, chat.chatLid].includes(clientJid))
      const [thread] = found
      if (thread === undefined || found.length > 1) return [`${chat.chatJid} has ${found.length} threads`]
      return differencesOf(chat, thread).map(difference => `${chat.chatJid} has ${difference}`)
    })

/** Each label that is not as on the phone. */
export const compareLabels = (
  labels: ReadonlyArray<Label>,
  held: ReadonlyArray<HeldLabel>
): ReadonlyArray<string> => {
  const here = labels.map(({ color, labelId, name }) => JSON.stringify([labelId, name, color]))
  const phone = held.map(({ color, id, name }) => JSON.stringify([id, name, color]))
  return [
    ...phone.filter(label => !here.includes(label)).map(label => `the label ${label} is missing`),
    ...here.filter(label => !phone.includes(label)).map(label => `the label ${label} is on no phone`)
  ]
}
