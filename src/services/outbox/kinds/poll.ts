// A poll. The secret that opens its votes is made when it is accepted.
import { randomBytes } from 'node:crypto'
import { Effect, Schema } from 'effect'
import { line } from '../fields.ts'
import { refuse } from '../errors.ts'
import { defineKind, newMessage } from './kind.ts'
import { quoted, visibleText } from './parts.ts'

const Request = Schema.Struct({
  question: line(255),
  options: Schema.Array(line(100)).check(Schema.isMinLength(2), Schema.isMaxLength(12)),
  /** How many options one person may choose; 0, the default, is any number. */
  selectable: Schema.optionalKey(Schema.Finite.check(Schema.isInt()))
})

const Stored = Schema.Struct({
  kind: Schema.Literal('poll'),
  question: Schema.String,
  options: Schema.Array(Schema.String),
  selectable: Schema.Finite,
  /** Opens the votes; 32 bytes in base64. */
  secret: Schema.String,
  quoted
})

const compose = Effect.fnUntraced(function* ({ options, question, selectable = 0 }: typeof Request.Type) {
  yield* visibleText('poll.question', question)
  for (const option of options) yield* visibleText('poll.options', option)
  if (new Set(options).size < options.length) {
    return yield* refuse('poll.options', 'Expected options that differ')
  }
  if (selectable < 0 || selectable > options.length) {
    return yield* refuse('poll.selectable', `Expected a whole number from 0 to ${options.length}`)
  }
  const secret = randomBytes(32).toString('base64')
  return { kind: 'poll' as const, question, options, selectable, secret }
})

export const poll = defineKind(Stored, {
  ...newMessage,
  canMention: false,
  request: Request,
  compose,
  wire: (content, { accompanying }) => {
    const asked = {
      name: content.question,
      options: content.options.map(optionName => ({ optionName })),
      selectableOptionsCount: content.selectable,
      ...accompanying
    }
    const messageContextInfo = { messageSecret: Buffer.from(content.secret, 'base64') }
    return {
      as: 'message',
      // WhatsApp has a field of its own for polls with a single choice.
      message:
        content.selectable === 1
          ? { messageContextInfo, pollCreationMessageV3: asked }
          : { messageContextInfo, pollCreationMessage: asked }
    }
  },
  stanza: () => ({ meta: { polltype: 'creation' } }),
  redact: () => ({ kind: 'poll', question: '', options: [], selectable: 0, secret: '' })
})
