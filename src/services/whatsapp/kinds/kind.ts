// What becomes of one kind of thing that WhatsApp sends. The tables of kinds beside this file are what the converters go by
// and what docs/coverage-of-whatsapp.md shows.

/** The headings of CHANGELOG.md that a kind can be listed under. */
export type Since = '0.1.0' | 'Unreleased'

export type Outcome =
  /** It becomes a message of its own. */
  | 'message'
  /** It wraps another message, which is what counts. */
  | 'envelope'
  /** It becomes a message of type `system`: something that happened in the chat. */
  | 'event'
  /** It changes a message. */
  | 'change'
  /** It tells this server something, such as a history chunk or the name of a person. */
  | 'information'
  /** It becomes a message of type `unsupported:…` with its protobuf. */
  | 'unsupported'
  /** It deliberately leaves no trace. */
  | 'nothing'

export interface Kind {
  readonly outcome: Outcome
  /** In words: the message's type, what is changed, or, where it leaves no trace, the reason. */
  readonly becomes: string
  readonly since: Since
}

const kindOf =
  <Given extends Outcome>(outcome: Given) =>
  (becomes: string, since: Since = '0.1.0') =>
    ({ outcome, becomes, since }) satisfies Kind

export const message = kindOf('message')
export const event = kindOf('event')
export const change = kindOf('change')
export const information = kindOf('information')
export const unsupported = kindOf('unsupported')
export const nothing = kindOf('nothing')

export const envelope = (since: Since = '0.1.0') =>
  ({ outcome: 'envelope', becomes: 'the message in it', since }) satisfies Kind
