// Contacts: the names of persons, from the address book and from themselves.
import { Context, Effect, Layer } from 'effect'
import { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { putContacts } from './sql/contacts.ts'
import type { ContactWrite } from './writes.ts'

export class ContactStore extends Context.Service<
  ContactStore,
  {
    /** Creates or changes contacts. */
    readonly put: (
      accountId: string,
      contacts: ReadonlyArray<ContactWrite>
    ) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/conversations/ContactStore') {
  static readonly layer: Layer.Layer<ContactStore, never, SqlBulk> = Layer.effect(
    ContactStore,
    Effect.map(SqlBulk, bulk =>
      ContactStore.of({
        put: (accountId, contacts) =>
          putContacts(bulk, accountId, contacts).pipe(asDatabaseError('putContacts'))
      })
    )
  )
}
