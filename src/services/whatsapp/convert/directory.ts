// Names of people and groups, from app state and group queries.
import type { ChatUpdate, Contact, GroupMetadata } from '@whiskeysockets/baileys'
import type { Fact } from '../../../domain/fact.ts'
import { isThreadJid } from '../../../domain/jid.ts'
import { address, memberAddress } from './address.ts'
import { mutedUntil, pinnedAt } from './chat-settings.ts'

export const factsOfContacts = (contacts: ReadonlyArray<Partial<Contact>>): ReadonlyArray<Fact> =>
  contacts.flatMap((contact): ReadonlyArray<Fact> => {
    const { id, lid, phoneNumber } = contact
    const person = address(id, phoneNumber, lid)
    const name = contact.name || contact.verifiedName || undefined
    const pushName = contact.notify || undefined
    // Without a name it still says which addresses belong together.
    return person === undefined || (name === undefined && pushName === undefined && !person.alt)
      ? []
      : [{ kind: 'contact', person, name, pushName }]
  })

export const factsOfGroups = (groups: ReadonlyArray<Partial<GroupMetadata>>): ReadonlyArray<Fact> =>
  groups.flatMap((group): ReadonlyArray<Fact> => {
    const chat = address(group.id)
    if (chat === undefined) return []
    const named: ReadonlyArray<Fact> = group.subject ? [{ kind: 'chat', chat, name: group.subject }] : []
    // An empty list says nothing: a group that is only renamed comes without its members.
    const { participants = [] } = group
    if (participants.length === 0) return named
    const people = participants
      .filter(({ admin }) => admin === 'admin' || admin === 'superadmin')
      .flatMap(({ id, lid, phoneNumber }) => memberAddress(id, phoneNumber, lid))
    return [...named, { kind: 'groupAdmins', chat, listed: 'all', people }]
  })

/** Settings of chats that the owner changed on the phone, from app state; not the contents of chats. */
export const factsOfChats = (chats: ReadonlyArray<ChatUpdate>): ReadonlyArray<Fact> =>
  chats.flatMap((update): ReadonlyArray<Fact> => {
    const chat = address(update.id)
    const { archived, muteEndTime, pinned } = update
    if (chat === undefined || !isThreadJid(chat.jid)) return []
    if (archived === undefined && muteEndTime === undefined && pinned === undefined) return []
    return [
      {
        kind: 'chat',
        chat,
        onlyIfKnown: true,
        archived: archived ?? undefined,
        pinnedAt: pinned === null ? null : pinnedAt(pinned),
        mutedUntil: muteEndTime === null ? null : mutedUntil(muteEndTime)
      }
    ]
  })
