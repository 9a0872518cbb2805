// Contacts: the names of persons, from the address book and from themselves.
import { Context, Effect, Layer } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { Contact } from '../../domain/contact.ts'
import type { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { joinTransaction } from '../database/transaction.ts'
import type { EventLog } from '../events/event-log.ts'
import { type ContactQuery, listContacts } from './sql/contact-pages.ts'
import { type WriteContext, writeContext } from './sql/context.ts'
import { namesOf, putContacts, savedContacts } from './sql/contacts.ts'
import type { ContactWrite } from './writes.ts'

export class ContactStore extends Context.Service<
  ContactStore,
  {
    /** Creates or changes contacts, and tells of each that is another than before, unless they are `areUntold`. */
    readonly put: (
      accountId: string,
      contacts: ReadonlyArray<ContactWrite>,
      options?: { readonly areUntold: boolean }
    ) => Effect.Effect<void, DatabaseError>
    /** Those that fit, by `contactJid`. */
    readonly list: (
      accountId: string,
      query: ContactQuery
    ) => Effect.Effect<ReadonlyArray<Contact>, DatabaseError>
    /** Who is in the address book, each by all known addresses. */
    readonly saved: (accountId: string) => Effect.Effect<ReadonlyArray<ReadonlyArray<string>>, DatabaseError>
  }
>()('backscroll/services/conversations/ContactStore') {
  static readonly layer: Layer.Layer<ContactStore, never, EventLog | SqlBulk | SqlClient.SqlClient> =
    Layer.effect(
      ContactStore,
      Effect.map(writeContext, context => {
        const { bulk, sql } = context
        return ContactStore.of({
          put: (accountId, contacts, { areUntold } = { areUntold: false }) =>
            (areUntold
              ? putContacts(bulk, accountId, contacts)
              : putAndTell(context, accountId, contacts).pipe(joinTransaction(sql))
            ).pipe(asDatabaseError('putContacts')),
          list: (accountId, query) =>
            listContacts(sql, accountId, query).pipe(asDatabaseError('listContacts')),
          saved: accountId => savedContacts(sql, accountId).pipe(asDatabaseError('savedContacts'))
        })
      })
    )
}

/** Somebody writes, and is called as before: of a live message nothing else is said of its sender. */
const saysNothingNew = (
  { name, pushName }: ContactWrite,
  known: { readonly pushName: string | null } | undefined
): boolean =>
  known !== undefined && name === undefined && (pushName === undefined || pushName === known.pushName)

/** With an event for each contact that is another than before. */
const putAndTell = Effect.fnUntraced(function* (
  { bulk, eventLog, sql }: WriteContext,
  accountId: string,
  contacts: ReadonlyArray<ContactWrite>
) {
  const before = yield* namesOf(
    sql,
    accountId,
    contacts.map(({ contactJid }) => contactJid)
  )
  // All that is said of a contact, in its order, if any of it is new.
  const news = new Set(
    contacts
      .filter(contact => !saysNothingNew(contact, before.get(contact.contactJid)))
      .map(({ contactJid }) => contactJid)
  )
  const told = contacts.filter(({ contactJid }) => news.has(contactJid))
  if (told.length === 0) return
  yield* putContacts(bulk, accountId, told)
  const now = yield* namesOf(
    sql,
    accountId,
    told.map(({ contactJid }) => contactJid)
  )
  const changed = [...now].filter(([contactJid, { name, pushName }]) => {
    const known = before.get(contactJid)
    return known === undefined || known.name !== name || known.pushName !== pushName
  })
  yield* eventLog.append(
    accountId,
    changed.map(([contactJid]) => ({ kind: 'contact.changed', subjectId: contactJid }))
  )
})
