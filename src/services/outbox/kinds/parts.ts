// What several kinds have in common: schemas of their stored content, and the check of their text.
import { Effect, Schema } from 'effect'
import { Target } from '../../../domain/outbox.ts'
import { refuse, type RequestRefused } from '../errors.ts'

export const quoted = Schema.optionalKey(Target)
export const mentions = Schema.optionalKey(Schema.Array(Schema.String))
export const optionalText = Schema.optionalKey(Schema.String)

/** Text that WhatsApp can carry and a person can see. */
export const visibleText = (field: string, text: string): Effect.Effect<string, RequestRefused> => {
  if (!text.isWellFormed())
    return refuse(field, 'Expected text without halves of characters (lone surrogates)')
  return text.trim() === ''
    ? refuse(field, 'Expected text with at least one visible character')
    : Effect.succeed(text)
}
