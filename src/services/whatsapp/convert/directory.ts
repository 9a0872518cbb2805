// Names of people and groups, as Baileys reports them and from group queries.
import type { Contact, GroupMetadata } from '@whiskeysockets/baileys'
import type { Fact } from '../../../domain/fact.ts'
import { address, memberAddress } from './address.ts'

export const factsOfContacts = (contacts: ReadonlyArray<Partial<Contact>>): ReadonlyArray<Fact> =>
  contacts.flatMap((contact): ReadonlyArray<Fact> => {
    const { id, lid, phoneNumber } = contact
    const person = address(id, phoneNumber, lid)
    const name = contact.name || contact.verifiedName || undefined
    const pushName = contact.notify || undefined
    // Without a name it still says which addresses belong together.
    return person === undefined || (name === undefined && pushName === undefined && !person.alt)
      ? []
      : // The name that a business was verified under gives way to every name from the address book.
        [{ kind: 'contact', person, name, ...(name === undefined ? {} : { nameAt: 0 }), pushName }]
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
