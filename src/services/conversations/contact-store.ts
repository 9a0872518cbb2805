// Contacts: the names of persons, from the address book and from themselves.
import { Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Contact } from '../../domain/contact.ts'
import { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { EventLog } from '../events/event-log.ts'
import { type ContactQuery, listContacts } from './sql/contact-pages.ts'
import { namesOf, putContacts, savedContacts } from './sql/contacts.ts'
import type { ContactWrite } from './writes.ts'

export class ContactStore extends Context.Service<
  ContactStore,
  {
    /** Creates or changes contacts; of those in a history nobody is told. */
    readonly put: (
      accountId: string,
      contacts: ReadonlyArray<ContactWrite>,
      options?: { readonly isHistory: boolean }
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
      Effect.map(Effect.all([SqlBulk, SqlClient.SqlClient, EventLog]), ([bulk, sql, events]) =>
        ContactStore.of({
          put: (accountId, contacts, { isHistory } = { isHistory: false }) =>
            (isHistory
              ? putContacts(bulk, accountId, contacts)
              : putAndTell({ bulk, events, sql }, accountId, contacts)
            ).pipe(asDatabaseError('putContacts')),
          list: (accountId, query) =>
            listContacts(sql, accountId, query).pipe(asDatabaseError('listContacts')),
          saved: accountId => savedContacts(sql, accountId).pipe(asDatabaseError('savedContacts'))
        })
      )
    )
}

/** With an event for each contact that is another than before. */
const putAndTell = Effect.fnUntraced(function* (
  {
    bulk,
    events,
    sql
  }: {
    readonly bulk: SqlBulk['Service']
    readonly events: EventLog['Service']
    readonly sql: SqlClient.SqlClient
  },
  accountId: string,
  contacts: ReadonlyArray<ContactWrite>
) {
  const people = contacts.map(({ contactJid }) => contactJid)
  const before = yield* namesOf(sql, accountId, people)
  yield* putContacts(bulk, accountId, contacts)
  const now = yield* namesOf(sql, accountId, people)
  const changed = [...now].filter(([contactJid, names]) => before.get(contactJid) !== names)
  yield* events.append(
    accountId,
    changed.map(([contactJid]) => ({ kind: 'contact.changed', subjectId: contactJid }))
  )
})
