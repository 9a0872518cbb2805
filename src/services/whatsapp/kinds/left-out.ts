// The one list of what arrives and deliberately leaves no trace, each with its reason: protocol messages, keys, and what is in no
// conversation.
import type { LeftOutFact } from '../../../domain/fact.ts'
import { type Kind, nothing } from './kind.ts'
import { MESSAGE_FIELDS, NEWER_MESSAGE_FIELDS } from './message-fields.ts'
import { NEWER_PROTOCOL_TYPES, PROTOCOL_TYPES, protocolTypeName } from './protocol-types.ts'

/** Besides the fields and types whose outcome is `nothing`. */
export const OTHERWISE_LEFT_OUT = {
  empty: nothing('A message without any content', 'Unreleased'),
  changeOfNothing: nothing('An edit, deletion, reaction or vote that names no message', 'Unreleased'),
  status: nothing('A status, unless WHATSAPP_KEEP_STATUSES is true', 'Unreleased'),
  broadcastList: nothing('A message of a broadcast list that names no recipient', 'Unreleased'),
  channelCounts: nothing('Views, reactions and votes of a channel are counts without people', 'Unreleased'),
  unaddressed: nothing('A message from an address that this server does not know', 'Unreleased'),
  undecryptableAddOn: nothing(
    'An edit, deletion, reaction, vote or pin that cannot be decrypted, until its sender sends it again',
    'Unreleased'
  ),
  newerProtocolType: nothing(
    'A type of protocol message that this version does not know: counted, and reported once',
    'Unreleased'
  )
} as const satisfies Readonly<Record<string, Kind>>

type OtherReason = keyof typeof OTHERWISE_LEFT_OUT

/** Types that are left out at least sometimes: those that only inform this server, and those without an effect. */
const protocolReasons = [PROTOCOL_TYPES, NEWER_PROTOCOL_TYPES].flatMap(types =>
  Object.entries(types).map(([name, { becomes }]) => [`protocolMessage.${name}`, becomes] as const)
)

const fieldReasons = [MESSAGE_FIELDS, NEWER_MESSAGE_FIELDS].flatMap(fields =>
  Object.entries(fields).flatMap(([name, { becomes, outcome }]) =>
    outcome === 'nothing' ? [[name, becomes] as const] : []
  )
)

const REASONS: ReadonlyMap<string, string> = new Map([
  ...fieldReasons,
  ...protocolReasons,
  ...Object.entries(OTHERWISE_LEFT_OUT).map(([name, { becomes }]) => [name, becomes] as const)
])

/** Why something is left out; `undefined` when its name is not in the list. */
export const whyLeftOut = (name: string): string | undefined => REASONS.get(name)

export const leftOut = (reason: OtherReason): LeftOutFact => ({ kind: 'leftOut', name: reason })

export const leftOutField = (name: string): LeftOutFact => ({ kind: 'leftOut', name })

/** A protocol message without an effect of its own. */
export const leftOutProtocol = (type: number | null | undefined): LeftOutFact => {
  if (type === null || type === undefined) return leftOut('empty')
  const name = protocolTypeName(type)
  return name === undefined
    ? { ...leftOut('newerProtocolType'), unknownKind: `protocol${type}` }
    : { kind: 'leftOut', name: `protocolMessage.${name}` }
}
