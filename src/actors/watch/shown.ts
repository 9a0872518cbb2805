// What an actor may show of itself to whoever watches: an allow-list of fields, each with how it is shown. A field that
// is not named here is not shown, wherever it stands: message bodies, QR codes, credentials and keys have no name here.
import { withoutNumbers, maskedAddress } from '../../domain/mask.ts'

type Show = (value: unknown) => unknown

const flag: Show = value => (typeof value === 'boolean' ? value : undefined)
const number: Show = value => (typeof value === 'number' ? value : undefined)
/** Our own words and ids. */
const word: Show = value =>
  value === null || (typeof value === 'string' && /^[\w.:-]{1,80}$/.test(value)) ? value : undefined
const sentence: Show = value => (typeof value === 'string' ? withoutNumbers(value.slice(0, 200)) : undefined)
const address: Show = value =>
  value === null ? null : typeof value === 'string' ? maskedAddress(value.slice(0, 100)) : undefined
const fields: Show = value => (value === null ? null : shown(value))
/** Numbers by account. */
const tally: Show = value =>
  isRecord(value)
    ? Object.fromEntries(
        Object.entries(value).filter(([name, entry]) => word(name) !== undefined && typeof entry === 'number')
      )
    : undefined

const SHOWN: Readonly<Record<string, Show>> = {
  accountId: word,
  linked: flag,
  wanted: flag,
  unlinking: flag,
  badSession: flag,
  attempts: number,
  ended: word,
  verdict: word,
  kind: word,
  method: word,
  code: number,
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
  pairing: fields,
  offer: fields,
  input: fields,
  crashes: tally
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The shown fields of an object, as plain data. */
export const shown = (value: unknown): Readonly<Record<string, unknown>> => {
  const out: Record<string, unknown> = {}
  if (!isRecord(value)) return out
  for (const [name, show] of Object.entries(SHOWN)) {
    if (!Object.hasOwn(value, name)) continue
    const part = show(value[name])
    if (part !== undefined) out[name] = part
  }
  return out
}

/** An event: its type, and what is shown of what it carries. */
export const shownEvent = (event: { readonly type: string }): { readonly type: string } => ({
  ...shown(event),
  type: withoutNumbers(event.type.slice(0, 200))
})

/**
 * The names in a machine's definition: what an inspector draws. Parameters and functions stay behind. `order` is a state's
 * place among its siblings, which the inspector's way of writing a definition loses.
 */
export const shownDefinition = (config: unknown, order?: number): Readonly<Record<string, unknown>> => {
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
    ...(isRecord(states) ? { states: mapped(states, shownDefinition) } : undefined)
  }
}

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [value])

const mapped = (
  record: Readonly<Record<string, unknown>>,
  show: (value: unknown, order: number) => unknown
) => Object.fromEntries(Object.entries(record).map(([name, value], order) => [name, show(value, order)]))

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

const actionNames = (actions: unknown) => list(actions).map(action => ({ type: nameOf(action) }))

const transitions = (value: unknown): unknown =>
  list(value).map(one =>
    typeof one === 'string'
      ? { target: one }
      : {
          ...named(one, ['target']),
          ...(isRecord(one) && one['reenter'] === true ? { reenter: true } : undefined),
          ...(isRecord(one) && one['guard'] !== undefined
            ? { guard: { type: nameOf(one['guard']) } }
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
