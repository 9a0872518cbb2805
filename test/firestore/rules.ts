// Judges requests by firestore.rules. An error in a rule denies, as in production; so does a query that does not itself
// name what a rule asks about: rules are no filters.
import { type Allow, type Definition, type Expression, type Match, parseRules } from './rules-parser.ts'
import type { Fields, Filter, StructuredQuery, Value } from './protocol.ts'

type Plain = unknown

/** Who asks, as the payload of an ID token; `null` for nobody. */
export interface Auth {
  readonly uid: string
  readonly token: Readonly<Record<string, unknown>>
}

export type Method = 'get' | 'list' | 'create' | 'update' | 'delete'

export interface Asked {
  readonly method: Method
  /** Segments below `documents`. */
  readonly path: ReadonlyArray<string>
  readonly auth: Auth | null
  /** What is there, as far as it is known. */
  readonly resource: Plain
  /** What would be there. */
  readonly wanted?: Plain
  /** Milliseconds since 1970. */
  readonly time: number
}

/** A rule cannot be judged: it denies. */
class Unjudged extends Error {}

interface Scope {
  readonly names: Readonly<Record<string, Plain>>
  readonly functions: ReadonlyMap<string, Definition>
}

/** A time, told apart from a number. */
class Moment {
  readonly ms: number
  constructor(ms: number) {
    this.ms = ms
  }
}

export const plainOf = (value: Value): Plain => {
  switch (value.valueType) {
    case 'integerValue':
      return Number(value.integerValue)
    case 'doubleValue':
      return value.doubleValue
    case 'stringValue':
      return value.stringValue
    case 'booleanValue':
      return value.booleanValue
    case 'timestampValue':
      return new Moment(
        Number(value.timestampValue!.seconds) * 1000 + Math.floor(value.timestampValue!.nanos / 1e6)
      )
    case 'arrayValue':
      return value.arrayValue!.values.map(plainOf)
    case 'mapValue':
      return plainFields(value.mapValue!.fields)
    case 'bytesValue':
      return value.bytesValue
    default:
      return null
  }
}

export const plainFields = (fields: Fields): Readonly<Record<string, Plain>> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plainOf(value)]))

const isMap = (value: Plain): value is Readonly<Record<string, Plain>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Moment)

const same = (a: Plain, b: Plain): boolean =>
  a instanceof Moment && b instanceof Moment ? a.ms === b.ms : JSON.stringify(a) === JSON.stringify(b)

const TYPES: Readonly<Record<string, (value: Plain) => boolean>> = {
  string: value => typeof value === 'string',
  map: isMap,
  list: value => Array.isArray(value),
  bool: value => typeof value === 'boolean',
  number: value => typeof value === 'number',
  int: value => Number.isInteger(value),
  timestamp: value => value instanceof Moment
}

const strings = (value: Plain): ReadonlyArray<Plain> => {
  if (!Array.isArray(value)) throw new Unjudged('A list is needed')
  return value
}

/** Methods of values, by name. */
const called = (of: Plain, name: string, given: ReadonlyArray<Plain>): Plain => {
  const [first, second] = given
  if (name === 'size') {
    if (typeof of === 'string' || Array.isArray(of)) return of.length
    if (isMap(of)) return Object.keys(of).length
  }
  if (isMap(of) && name === 'keys') return Object.keys(of)
  if (isMap(of) && name === 'get') return Object.hasOwn(of, String(first)) ? of[String(first)] : second
  if (Array.isArray(of) && name === 'hasOnly')
    return of.every(item => strings(first).some(other => same(item, other)))
  if (Array.isArray(of) && name === 'hasAll')
    return strings(first).every(item => of.some(other => same(item, other)))
  if (typeof of === 'string' && name === 'split') return of.split(new RegExp(String(first)))
  throw new Unjudged(`There is no ${name} of this`)
}

const evaluate = (expression: Expression, scope: Scope): Plain => {
  switch (expression.is) {
    case 'literal':
      return expression.value
    case 'list':
      return expression.items.map(item => evaluate(item, scope))
    case 'map':
      return Object.fromEntries(expression.entries.map(([key, value]) => [key, evaluate(value, scope)]))
    case 'name':
      if (Object.hasOwn(scope.names, expression.name)) return scope.names[expression.name]
      throw new Unjudged(`${expression.name} is not known`)
    case 'not': {
      const value = evaluate(expression.of, scope)
      if (typeof value !== 'boolean') throw new Unjudged('! needs a boolean')
      return !value
    }
    case 'member': {
      const of = evaluate(expression.of, scope)
      if (isMap(of) && Object.hasOwn(of, expression.name)) return of[expression.name]
      throw new Unjudged(`There is no ${expression.name}`)
    }
    case 'index': {
      const of = evaluate(expression.of, scope)
      const at = evaluate(expression.at, scope)
      const found: Plain = Array.isArray(of) ? of[Number(at)] : isMap(of) ? of[String(at)] : undefined
      if (found === undefined) throw new Unjudged('There is nothing at this index')
      return found
    }
    case 'call':
      return call(expression.of, expression.given, scope)
    case 'binary':
      return binary(expression, scope)
  }
}

const call = (of: Expression, given: ReadonlyArray<Expression>, scope: Scope): Plain => {
  const values = given.map(one => evaluate(one, scope))
  if (of.is === 'member') return called(evaluate(of.of, scope), of.name, values)
  const definition = of.is === 'name' ? scope.functions.get(of.name) : undefined
  if (definition === undefined) throw new Unjudged('There is no such function')
  const parameters = Object.fromEntries(definition.parameters.map((name, index) => [name, values[index]]))
  return evaluate(definition.returns, { ...scope, names: { ...scope.names, ...parameters } })
}

const truth = (expression: Expression, scope: Scope): boolean => {
  const value = evaluate(expression, scope)
  if (typeof value !== 'boolean') throw new Unjudged('A boolean is needed')
  return value
}

const binary = ({ left, operator, right }: Extract<Expression, { is: 'binary' }>, scope: Scope): Plain => {
  if (operator === '&&') return truth(left, scope) && truth(right, scope)
  if (operator === '||') {
    // An error on one side is outweighed by the other, as in production.
    try {
      if (truth(left, scope)) return true
    } catch (error) {
      if (!(error instanceof Unjudged)) throw error
    }
    return truth(right, scope)
  }
  const a = evaluate(left, scope)
  if (operator === 'is') {
    const type = right.is === 'name' ? TYPES[right.name] : undefined
    if (type === undefined) throw new Unjudged('There is no such type')
    return type(a)
  }
  const b = evaluate(right, scope)
  switch (operator) {
    case '==':
      return same(a, b)
    case '!=':
      return !same(a, b)
    case 'in':
      return Array.isArray(b) ? b.some(item => same(item, a)) : isMap(b) && Object.hasOwn(b, String(a))
    default:
      if (typeof a !== 'number' || typeof b !== 'number') throw new Unjudged('Numbers are needed')
      return { '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b }[operator] ?? false
  }
}

const METHODS: Readonly<Record<string, ReadonlyArray<Method>>> = {
  read: ['get', 'list'],
  write: ['create', 'update', 'delete']
}

const names = ({ methods }: Allow, method: Method): boolean =>
  methods.some(name => name === method || METHODS[name]?.includes(method) === true)

/** The wildcards of a pattern that fits the beginning of a path, each way it can, and what is left of the path. */
const fits = (
  pattern: ReadonlyArray<string>,
  path: ReadonlyArray<string>
): ReadonlyArray<{
  readonly bound: Readonly<Record<string, string>>
  readonly rest: ReadonlyArray<string>
}> => {
  const [first, ...others] = pattern
  if (first === undefined) return [{ bound: {}, rest: path }]
  const deep = /^\{(\w+)=\*\*\}$/.exec(first)?.[1]
  if (deep !== undefined) {
    return Array.from({ length: path.length + 1 }, (_, taken) =>
      fits(others, path.slice(taken)).map(({ bound, rest }) => ({
        bound: { [deep]: path.slice(0, taken).join('/'), ...bound },
        rest
      }))
    ).flat()
  }
  const [segment, ...further] = path
  if (segment === undefined) return []
  const name = /^\{(\w+)\}$/.exec(first)?.[1]
  if (name === undefined && first !== segment) return []
  return fits(others, further).map(({ bound, rest }) => ({
    bound: name === undefined ? bound : { [name]: segment, ...bound },
    rest
  }))
}

export class Rules {
  private readonly root: Match

  constructor(text: string) {
    this.root = parseRules(text)
  }

  allows(asked: Asked): boolean {
    const names = {
      request: {
        auth: asked.auth,
        time: new Moment(asked.time),
        resource: { data: asked.wanted },
        method: asked.method
      },
      resource: asked.resource === undefined ? null : { data: asked.resource }
    }
    return this.within(this.root, ['databases', '(default)', 'documents', ...asked.path], asked.method, {
      names,
      functions: new Map()
    })
  }

  private within(match: Match, path: ReadonlyArray<string>, method: Method, outer: Scope): boolean {
    return fits(match.path, path).some(({ bound, rest }) => {
      const scope = {
        names: { ...outer.names, ...bound },
        functions: new Map([...outer.functions, ...match.functions])
      }
      if (rest.length > 0) return match.inner.some(inner => this.within(inner, rest, method, scope))
      return match.allows.some(allow => names(allow, method) && isTrue(allow.when, scope))
    })
  }
}

const isTrue = (expression: Expression, scope: Scope): boolean => {
  try {
    return truth(expression, scope)
  } catch (error) {
    if (error instanceof Unjudged) return false
    throw error
  }
}

/** What a query says of every document it can find: each combination of the values that it names. */
export const impliedBy = ({ where }: StructuredQuery): ReadonlyArray<Readonly<Record<string, Plain>>> => {
  const filters: ReadonlyArray<Filter> =
    where?.compositeFilter?.op === 'AND' ? where.compositeFilter.filters : where === null ? [] : [where]
  return filters.reduce<ReadonlyArray<Readonly<Record<string, Plain>>>>(
    (known, { fieldFilter }) => {
      if (fieldFilter == null) return known
      const { field, op, value } = fieldFilter
      const values = op === 'EQUAL' ? [value] : op === 'IN' ? (value.arrayValue?.values ?? []) : undefined
      return values === undefined
        ? known
        : known.flatMap(one => values.map(wanted => ({ ...one, [field.fieldPath]: plainOf(wanted) })))
    },
    [{}]
  )
}
