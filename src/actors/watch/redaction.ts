// What the inspector may show of an actor: an allow-list of fields, each with how it is shown. A field that is not listed
// is never shown, however deep it is nested: message bodies, QR codes, credentials and keys are not listed.
import { withoutNumbers, maskedAddress } from '../../domain/mask.ts'

/** The value as it may be shown; `undefined` when it may not. */
type Redact = (value: unknown) => unknown

const flag: Redact = value => (typeof value === 'boolean' ? value : undefined)
const number: Redact = value => (typeof value === 'number' ? value : undefined)
/** Words and ids of this program. */
const word: Redact = value =>
  value === null || (typeof value === 'string' && /^[\w.:-]{1,80}$/.test(value)) ? value : undefined
const sentence: Redact = value =>
  typeof value === 'string' ? withoutNumbers(value.slice(0, 200)) : undefined
const address: Redact = value =>
  value === null ? null : typeof value === 'string' ? maskedAddress(value.slice(0, 100)) : undefined
const fields: Redact = value => (value === null ? null : redactedFields(value))
/** Numbers by account. */
const tally: Redact = value =>
  isRecord(value)
    ? Object.fromEntries(
        Object.entries(value).filter(([name, entry]) => word(name) !== undefined && typeof entry === 'number')
      )
    : undefined

const ALLOWED: Readonly<Record<string, Redact>> = {
  accountId: word,
  linked: flag,
  wanted: flag,
  unlinking: flag,
  restarted: flag,
  isNewlyLinked: flag,
  attempts: number,
  ended: word,
  verdict: word,
  kind: word,
  method: word,
  code: number,
  source: word,
  condition: word,
  at: number,
  until: number,
  expiresAt: number,
  reason: sentence,
  jid: address,
  lid: address,
  phoneNumber: address,
  lastDisconnect: fields,
  disconnect: fields,
  restriction: fields,
  suspension: fields,
  since: number,
  pairing: fields,
  offer: fields,
  passkey: fields,
  isConfirmed: flag,
  pairingFailure: fields,
  input: fields,
  crashes: tally
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The allowed fields of an object, as plain data. */
export const redactedFields = (value: unknown): Readonly<Record<string, unknown>> => {
  const out: Record<string, unknown> = {}
  if (!isRecord(value)) return out
  for (const [name, redact] of Object.entries(ALLOWED)) {
    if (!Object.hasOwn(value, name)) continue
    const part = redact(value[name])
    if (part !== undefined) out[name] = part
  }
  return out
}

/** An event: its type, and the allowed fields of its payload. */
export const redactedEvent = (event: { readonly type: string }): { readonly type: string } => ({
  ...redactedFields(event),
  type: withoutNumbers(event.type.slice(0, 200))
})

/**
 * The names in a machine's definition, from which an inspector draws it. Parameters of actions and functions are left out.
 * `order` is a state's place among its siblings, which the inspector's serialization of a definition loses.
 */
export const redactedDefinition = (config: unknown, order?: number): Readonly<Record<string, unknown>> => {
  if (!isRecord(config)) return {}
  const { after, always, entry, exit, invoke, on, states } = config
  return {
    ...named(config, ['id', 'initial', 'type', 'tags']),
    ...(order === undefined ? undefined : { order }),
    ...(entry === undefined ? undefined : { entry: actionNames(entry) }),
    ...(exit === undefined ? undefined : { exit: actionNames(exit) }),
    ...(invoke === undefined ? undefined : { invoke: list(invoke).map(invocation) }),
    ...(always === undefined ? undefined : { always: transitions(always) }),
    ...(isRecord(on) ? { on: mapped(on, transitions) } : undefined),
    ...(isRecord(after) ? { after: mapped(after, transitions) } : undefined),
    ...(isRecord(states) ? { states: mapped(states, redactedDefinition) } : undefined)
  }
}

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [value])

const mapped = (
  record: Readonly<Record<string, unknown>>,
  redact: (value: unknown, order: number) => unknown
) => Object.fromEntries(Object.entries(record).map(([name, value], order) => [name, redact(value, order)]))

const named = (value: unknown, names: ReadonlyArray<string>): Readonly<Record<string, unknown>> =>
  isRecord(value)
    ? Object.fromEntries(
        names.flatMap(name => (typeof value[name] === 'string' ? [[name, value[name]]] : []))
      )
    : {}

/** Actions and guards are given by name, or as an object with one. */
const nameOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : isRecord(value) && typeof value['type'] === 'string'
      ? value['type']
      : 'inline'

/** A guard with the constants that it is called with, such as `closedWith banned`: without them the guards would look the same. */
const guardName = (guard: unknown): string => {
  const params = isRecord(guard) && isRecord(guard['params']) ? Object.values(guard['params']) : []
  return [
    nameOf(guard),
    ...params.filter(param => typeof param === 'string' && word(param) !== undefined)
  ].join(' ')
}

const actionNames = (actions: unknown) => list(actions).map(action => ({ type: nameOf(action) }))

const transitions = (value: unknown): unknown =>
  list(value).map(one =>
    typeof one === 'string'
      ? { target: one }
      : {
          ...named(one, ['target']),
          ...(isRecord(one) && one['reenter'] === true ? { reenter: true } : undefined),
          ...(isRecord(one) && one['guard'] !== undefined
            ? { guard: { type: guardName(one['guard']) } }
            : undefined),
          ...(isRecord(one) && one['actions'] !== undefined
            ? { actions: actionNames(one['actions']) }
            : undefined)
        }
  )

const invocation = (invoked: unknown) => ({
  ...named(invoked, ['id', 'src']),
  ...(isRecord(invoked) && invoked['onDone'] !== undefined
    ? { onDone: transitions(invoked['onDone']) }
    : undefined)
})
