// Labels of a business account, for chats and messages.
import { Schema } from 'effect'
import { Whole } from './whole.ts'

export const Label = Schema.Struct({
  labelId: Schema.String,
  name: Schema.String,
  /** A number of WhatsApp's palette; `null` when the phone names none. */
  color: Schema.NullOr(Whole),
  /** Which of the labels that WhatsApp itself provides it is; `null` for the owner's own. */
  predefinedId: Schema.NullOr(Whole)
}).annotate({ identifier: 'Label' })
export type Label = typeof Label.Type
