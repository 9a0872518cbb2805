// Contacts: the names of persons, from the address book and from themselves.
import { Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Contact } from '../../domain/contact.ts'
import { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { type ContactQuery, listContacts } from './sql/contact-pages.ts'
import { putContacts, savedContacts } from './sql/contacts.ts'
import type { ContactWrite } from './writes.ts'

export class ContactStore extends Context.Service<
  ContactStore,
  {
    /** Creates or changes contacts. */
    readonly put: (
      accountId: string,
      contacts: ReadonlyArray<ContactWrite>
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
  static readonly layer: Layer.Layer<ContactStore, never, SqlBulk | SqlClient.SqlClient> = Layer.effect(
    ContactStore,
    Effect.map(Effect.all([SqlBulk, SqlClient.SqlClient]), ([bulk, sql]) =>
      ContactStore.of({
        put: (accountId, contacts) =>
          putContacts(bulk, accountId, contacts).pipe(asDatabaseError('putContacts')),
        list: (accountId, query) => listContacts(sql, accountId, query).pipe(asDatabaseError('listContacts')),
        saved: accountId => savedContacts(sql, accountId).pipe(asDatabaseError('savedContacts'))
      })
    )
  )
}
