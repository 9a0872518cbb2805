// Edits, revokes, reactions and votes, applied to what a phone holds: only the author edits, only the author or a group's admin
// revokes.
import type { Account } from '../account.ts'
import type { Group } from '../group.ts'
import type { HeldMessage } from '../ledger.ts'
import type { Change } from './content.ts'

/** The message that makes a change. */
export interface ChangedBy {
  readonly id: string
  readonly sender: Account
  /** Milliseconds since 1970. */
  readonly at: number
}

export const applyChange = (
  held: HeldMessage,
  change: Exclude<Change, { type: 'vote' }>,
  parties: { holder: Account; group: Group | undefined },
  { at, id, sender }: ChangedBy
): boolean => {
  const { holder, group } = parties
  const author = held.fromMe ? holder.jid : (held.participant ?? held.chatJid)
  const isAuthor = author === sender.jid
  switch (change.type) {
    case 'edit':
      if (!isAuthor || held.revoked) return false
      if (change.text !== undefined) held.text = change.text
      held.edited = true
      held.editId = id
      held.editedAt = at
      return true
    case 'revoke':
      if (!isAuthor && !group?.isAdmin(sender)) return false
      held.revoked = true
      held.revokedAt = Math.floor(at / 1000)
      delete held.text
      return true
    case 'reaction': {
      const others = (held.reactions ?? []).filter(({ from }) => from !== sender.jid)
      held.reactions = change.text === '' ? others : [...others, { from: sender.jid, text: change.text, at }]
      noteWithdrawn(held, { what: 'reaction', by: sender.jid, at }, change.text === '')
      return true
    }
  }
}

/** What a voter chose counts instead of what they chose before; choosing nothing takes the vote back. */
export const applyVote = (
  held: HeldMessage,
  options: string[],
  holder: Account,
  { at, sender }: ChangedBy
): void => {
  const voter = sender === holder ? 'me' : sender.jid
  const others = (held.votes ?? []).filter(vote => vote.voter !== voter)
  held.votes = options.length === 0 ? others : [...others, { voter, options, at }]
  noteWithdrawn(held, { what: 'vote', by: voter, at }, options.length === 0)
}

type Withdrawal = NonNullable<HeldMessage['withdrawn']>[number]

const noteWithdrawn = (held: HeldMessage, withdrawal: Withdrawal, isWithdrawn: boolean): void => {
  const others = (held.withdrawn ?? []).filter(
    ({ by, what }) => what !== withdrawal.what || by !== withdrawal.by
  )
  if (isWithdrawn || held.withdrawn) held.withdrawn = isWithdrawn ? [...others, withdrawal] : others
}
