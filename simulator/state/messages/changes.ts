// Edits, revokes and reactions, applied to what a phone holds: only the author edits, only the author or a group's admin
// revokes. And how a changed message looks when the phone gives it away later.
import { proto } from '@whiskeysockets/baileys'
import type { Account } from '../account.ts'
import type { Group } from '../group.ts'
import type { HeldMessage } from '../ledger.ts'
import type { Change } from './content.ts'
import { hashOfOption } from './polls.ts'

export const applyChange = (
  held: HeldMessage,
  change: Exclude<Change, { type: 'vote' }>,
  parties: { holder: Account; sender: Account; group: Group | undefined }
): boolean => {
  const { holder, sender, group } = parties
  const author = held.fromMe ? holder.jid : (held.participant ?? held.chatJid)
  const isAuthor = author === sender.jid
  switch (change.type) {
    case 'edit':
      if (!isAuthor || held.revoked) return false
      if (change.text !== undefined) held.text = change.text
      held.edited = true
      return true
    case 'revoke':
      if (!isAuthor && !group?.isAdmin(sender)) return false
      held.revoked = true
      delete held.text
      return true
    case 'reaction': {
      const others = (held.reactions ?? []).filter(({ from }) => from !== sender.jid)
      held.reactions = change.text === '' ? others : [...others, { from: sender.jid, text: change.text }]
      return true
    }
  }
}

/** What a voter chose counts instead of what they chose before; choosing nothing takes the vote back. */
export const applyVote = (
  held: HeldMessage,
  options: string[],
  { holder, sender }: { holder: Account; sender: Account }
): void => {
  const voter = sender === holder ? 'me' : sender.jid
  const others = (held.votes ?? []).filter(vote => vote.voter !== voter)
  held.votes = options.length === 0 ? others : [...others, { voter, options }]
}

/** A message as the phone shows it now, given what became of it. */
export const asChanged = (
  info: proto.IWebMessageInfo,
  held: HeldMessage,
  holder: Account
): proto.IWebMessageInfo => {
  if (held.revoked) {
    const { message: _gone, ...rest } = info
    return { ...rest, messageStubType: proto.WebMessageInfo.StubType.REVOKE }
  }
  const changed = { ...info }
  if (held.edited && held.kind === 'text' && held.text !== undefined) {
    changed.message = info.message?.extendedTextMessage
      ? { extendedTextMessage: { ...info.message.extendedTextMessage, text: held.text } }
      : { conversation: held.text }
  }
  changed.reactions = (held.reactions ?? []).map(({ from, text }) => ({
    text,
    senderTimestampMs: held.timestamp * 1000,
    key: {
      remoteJid: info.key?.remoteJid ?? null,
      fromMe: from === holder.jid,
      id: `${held.id}R`,
      ...(info.key?.participant ? { participant: from } : {})
    }
  }))
  if (held.votes) {
    changed.pollUpdates = held.votes.map(({ voter, options }) => ({
      pollUpdateMessageKey: {
        remoteJid: info.key?.remoteJid ?? null,
        fromMe: voter === 'me',
        id: `${held.id}V`,
        ...(info.key?.participant ? { participant: voter === 'me' ? holder.jid : voter } : {})
      },
      vote: { selectedOptions: options.map(hashOfOption) },
      senderTimestampMs: held.timestamp * 1000
    }))
  }
  return changed
}
