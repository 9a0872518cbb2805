// Faults as requests name them: each kind with its fields, checked.
import {
  type Fault,
  type FaultKind,
  type FaultOf,
  MESSAGE_CATEGORIES,
  PHONE_ONLY,
  type StreamError
} from '../state/faults.ts'
import { STANZA_KINDS } from '../state/stanza-queue.ts'
import { ControlError, type Fields } from './fields.ts'

/** A field that is left out of the fault when the request leaves it out. */
const optional = <Name extends string, Value>(
  name: Name,
  value: Value | undefined
): { readonly [name in Name]?: Value } =>
  // The type of a computed key is not narrower than text.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  (value === undefined ? {} : { [name]: value }) as { readonly [name in Name]?: Value }

const stanzaIn = (fields: Fields) => optional('stanza', fields.optionalOneOf('stanza', STANZA_KINDS))
const numberIn = <Name extends string>(fields: Fields, name: Name) =>
  optional(name, fields.optionalNumber(name))
const textIn = <Name extends string>(fields: Fields, name: Name) => optional(name, fields.optionalText(name))

/** What a stream error says: nothing given is a drop, or a bare error, as the caller decides. */
export const streamErrorIn = (fields: Fields): StreamError => ({
  ...numberIn(fields, 'code'),
  ...textIn(fields, 'condition'),
  ...textIn(fields, 'type')
})

/** Every kind there is; the compiler asks for those that are missing. */
const READERS: { readonly [Kind in FaultKind]: (fields: Fields) => FaultOf<Kind> } = {
  disconnect: fields => ({ kind: 'disconnect', ...streamErrorIn(fields) }),
  drop: () => ({ kind: 'drop' }),
  deaf: () => ({ kind: 'deaf' }),
  dropAfter: fields => ({ kind: 'dropAfter', count: fields.number('count'), ...stanzaIn(fields) }),
  dropOnReceived: fields => ({
    kind: 'dropOnReceived',
    count: fields.number('count'),
    handled: fields.optionalBoolean('handled') ?? false,
    ...textIn(fields, 'sent')
  }),
  loseReceipts: () => ({ kind: 'loseReceipts' }),
  refuseLogins: fields => ({
    kind: 'refuseLogins',
    ...numberIn(fields, 'reason'),
    ...numberIn(fields, 'code'),
    ...numberIn(fields, 'expire'),
    ...textIn(fields, 'location'),
    ...textIn(fields, 'message')
  }),
  refusePairingCodes: fields => ({ kind: 'refusePairingCodes', error: fields.number('error') }),
  refuseUpgrades: fields => ({ kind: 'refuseUpgrades', status: fields.number('status') }),
  versionPage: fields => ({
    kind: 'versionPage',
    effect: fields.oneOf('effect', ['unavailable', 'silent', 'garbled', 'endless'])
  }),
  outage: () => ({ kind: 'outage' }),
  delay: fields => ({ kind: 'delay', ms: fields.number('ms'), ...stanzaIn(fields) }),
  duplicate: fields => ({ kind: 'duplicate', ...stanzaIn(fields) }),
  reorder: fields => ({
    kind: 'reorder',
    count: fields.number('count'),
    ...numberIn(fields, 'withinMs'),
    ...stanzaIn(fields)
  }),
  holdAcks: () => ({ kind: 'holdAcks' }),
  loseAcks: () => ({ kind: 'loseAcks' }),
  refreshLid: () => ({ kind: 'refreshLid' }),
  rejectMessages: fields => ({ kind: 'rejectMessages', error: fields.number('error') }),
  historyChunk: fields => ({
    kind: 'historyChunk',
    effect: fields.oneOf('effect', ['missing', 'corrupt']),
    ...numberIn(fields, 'chunkOrder'),
    ...numberIn(fields, 'syncType')
  }),
  historyChunkRetry: fields => ({
    kind: 'historyChunkRetry',
    code: fields.number('code'),
    canRecover: fields.optionalBoolean('canRecover') ?? false
  }),
  historyOnDemand: fields => ({
    kind: 'historyOnDemand',
    effect: fields.oneOf('effect', ['silent', 'refused', 'otherAddress', 'sameAgain']),
    ...textIn(fields, 'chat')
  }),
  media: fields => ({
    kind: 'media',
    effect: fields.oneOf('effect', ['cut', 'stall', 'corrupt', 'unavailable']),
    ...numberIn(fields, 'afterBytes'),
    ...textIn(fields, 'path')
  }),
  appState: fields => ({
    kind: 'appState',
    effect: fields.oneOf('effect', ['wrongMac', 'missingPatch', 'diverged']),
    ...textIn(fields, 'collection')
  }),
  futureTimestamps: fields => ({ kind: 'futureTimestamps', seconds: fields.number('seconds') }),
  corruptMessages: fields => ({
    kind: 'corruptMessages',
    ...optional('only', fields.optionalOneOf('only', MESSAGE_CATEGORIES)),
    ...numberIn(fields, 'syncType'),
    ...numberIn(fields, 'chunkOrder')
  }),
  withholdRestart: () => ({ kind: 'withholdRestart' }),
  ignoreRetries: () => ({ kind: 'ignoreRetries' }),
  unavailableMessages: fields => ({
    kind: 'unavailableMessages',
    ...optional('only', fields.optionalOneOf('only', PHONE_ONLY))
  }),
  recipientCannotDecrypt: () => ({ kind: 'recipientCannotDecrypt' }),
  ignoreQueries: fields => ({ kind: 'ignoreQueries', xmlns: fields.text('xmlns') }),
  refuseQueries: fields => ({
    kind: 'refuseQueries',
    xmlns: fields.text('xmlns'),
    error: fields.number('error')
  })
}

const isKind = (kind: string): kind is FaultKind => Object.hasOwn(READERS, kind)

export const faultFrom = (fields: Fields): Fault => {
  const kind = fields.text('kind')
  if (!isKind(kind)) throw new ControlError(400, `fault.kind ${kind} is unknown`)
  return READERS[kind](fields)
}
