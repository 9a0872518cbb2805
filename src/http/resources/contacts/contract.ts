// The HTTP contract of contacts: the people an account knows, and who has a phone number.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup } from 'effect/http-api'
import { reads, sends } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { accountPath, CursorText, limit, YesOrNo } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { BadField, NotFound, StoreUnavailable, WhatsAppSilent, WrongState } from '../../problems.ts'
import { Contact } from '../../../domain/contact.ts'
import { Time } from '../../../domain/whole.ts'

const MOST_NUMBERS = 50

/** What WhatsApp says of one number. */
export const CheckedNumber = Schema.Struct({
  /** As it was asked for. */
  number: Schema.String,
  /** Whether an account has it. */
  exists: Schema.Boolean,
  /** The account's addresses, as far as WhatsApp names them. */
  jid: Schema.NullOr(Schema.String),
  lid: Schema.NullOr(Schema.String),
  /** The number as WhatsApp has it, with `+`; it may differ from the one that was asked for. */
  canonicalNumber: Schema.NullOr(Schema.String),
  /** When WhatsApp said so, milliseconds since 1970: within the last 24 hours. */
  checkedAt: Time
}).annotate({ identifier: 'CheckedNumber' })
export type CheckedNumber = typeof CheckedNumber.Type

const listQuery = {
  limit: limit(500),
  cursor: Schema.optionalKey(CursorText),
  q: Schema.optionalKey(
    Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100)).annotate({
      description:
        'A part of the name or push name, ignoring case and diacritics, or three or more digits of the phone number'
    })
  ),
  /** With a name in the owner's address book, or without. */
  saved: Schema.optionalKey(YesOrNo)
}
export type ContactListQuery = Schema.Struct.Type<typeof listQuery>

export class ContactsGroup extends HttpApiGroup.make('contacts')
  .add(
    HttpApiEndpoint.get('list', '/:accountId/contacts', {
      params: accountPath,
      query: listQuery,
      success: Schema.Struct({
        contacts: Schema.Array(Contact),
        nextCursor: Schema.NullOr(Schema.String)
      }).annotate({ identifier: 'ContactPage' }),
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('path'),
        summary: 'List contacts',
        description:
          'Everybody of whom a name is known, by `contactJid`: those in the address book (`saved=true`), and those whose push name came with a message or the history.'
      })
    ),
    HttpApiEndpoint.post('check', '/:accountId/contacts/check', {
      params: accountPath,
      payload: Schema.Struct({
        /** Phone numbers with country code, in any usual spelling, or addresses on `s.whatsapp.net`. */
        numbers: Schema.Array(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(128))).check(
          Schema.isMinLength(1),
          Schema.isMaxLength(MOST_NUMBERS)
        )
      }).annotate({ identifier: 'NumbersToCheck' }),
      success: Schema.Struct({ numbers: Schema.Array(CheckedNumber) }).annotate({
        identifier: 'CheckedNumbers'
      }),
      error: [NotFound, WrongState, BadField, WhatsAppSilent, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: sends('path'),
        changesNothing: true,
        summary: 'Check which numbers are on WhatsApp',
        description:
          'Answers in the order of the numbers, 50 at most. WhatsApp is asked once a second at most, and its answers are remembered for 24 hours; the account has to be online for what is not remembered.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1/accounts') {}
