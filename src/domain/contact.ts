// A person as applications read them: their names and their addresses.
import { Schema } from 'effect'

export const Contact = Schema.Struct({
  accountId: Schema.String,
  /** The address that the person was first seen under; it stays, whatever other addresses become known. */
  contactJid: Schema.String,
  /** As the owner's address book has it. */
  name: Schema.NullOr(Schema.String),
  /** As the person calls themselves. */
  pushName: Schema.NullOr(Schema.String),
  /** With `+` and country code; `null` while only a LID is known. */
  phoneNumber: Schema.NullOr(Schema.String),
  /** All addresses of the person, the latest first. */
  addresses: Schema.Array(Schema.String)
}).annotate({ identifier: 'Contact' })
export type Contact = typeof Contact.Type
