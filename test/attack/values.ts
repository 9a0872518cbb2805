// Values for a JSON schema of the OpenAPI document: such as fit, and such as do not.
import { pick, type Random } from '../chaos/random.ts'

/** The parts of JSON schemas that the document uses. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | ReadonlyArray<string>
  readonly enum?: ReadonlyArray<unknown>
  readonly const?: unknown
  readonly anyOf?: ReadonlyArray<Schema>
  readonly oneOf?: ReadonlyArray<Schema>
  readonly allOf?: ReadonlyArray<Schema>
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: ReadonlyArray<string>
  readonly items?: Schema
  readonly prefixItems?: ReadonlyArray<Schema>
  readonly minimum?: number
  readonly minItems?: number
}

/** Schemas by name, and texts that mean something in fields of certain names. */
export interface Vocabulary {
  readonly schemas: Readonly<Record<string, Schema>>
  readonly words: (name: string, random: Random) => string | undefined
}

const DEEPEST = 8

/** A value that fits the schema as far as the words allow; fields that may be left out are left out half of the time. */
export const fitting = (
  vocabulary: Vocabulary,
  random: Random,
  schema: Schema,
  name = '',
  depth = 0
): unknown => {
  const next = (inner: Schema, called = name) => fitting(vocabulary, random, inner, called, depth + 1)
  if (depth > DEEPEST) return null
  if (schema.$ref !== undefined) return next(vocabulary.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {})
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return pick(random, schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined && choices.length > 0) return next(pick(random, choices))
  if (schema.properties !== undefined) {
    const fields = Object.entries(schema.properties)
      .filter(([field]) => schema.required?.includes(field) === true || random() < 0.5)
      .map(([field, inner]) => [field, next(inner, field)])
    return Object.fromEntries(fields)
  }
  if (schema.allOf?.[0] !== undefined && schema.type === undefined) return next(schema.allOf[0])
  switch (typeof schema.type === 'string' ? schema.type : schema.type?.[0]) {
    case 'integer':
    case 'number':
      return (schema.minimum ?? 0) + Math.floor(random() * 50)
    case 'boolean':
      return random() < 0.5
    case 'array': {
      const count = Math.max(schema.minItems ?? 0, Math.floor(random() * 3))
      return (
        schema.prefixItems?.map(item => next(item)) ??
        Array.from({ length: count }, () => next(schema.items ?? {}))
      )
    }
    case 'object':
      return {}
    case 'null':
      return null
    default:
      return vocabulary.words(name, random) ?? pick(random, ['text', 'a', '2', 'x'.repeat(40)])
  }
}

const deep = (levels: number): unknown => {
  let value: unknown = 'bottom'
  for (let n = 0; n < levels; n += 1) value = n % 2 === 0 ? [value] : { a: value }
  return value
}

/** Texts that something on their way might take for more than text. */
export const NASTY_TEXTS: ReadonlyArray<string> = [
  '',
  ' ',
  '\u0000',
  '\u202Eevil\u2066',
  '\uD800',
  '𝕬'.repeat(500),
  'a'.repeat(70_000),
  '../../../../etc/passwd',
  '%00',
  "'; DROP TABLE messages; --",
  '" OR 1=1 --',
  'NEAR(" ',
  '*',
  '{{7*7}}',
  '${process.env.API_KEY}',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'toString',
  '-1',
  '1e400',
  'NaN',
  '9007199254740993',
  'http://169.254.169.254/latest/meta-data',
  'http://127.0.0.1:1/',
  'file:///etc/passwd',
  'data:text/plain,x',
  '0@s.whatsapp.net',
  '1@g.us',
  'status@broadcast',
  '2026-13-45T99:99:99Z',
  '\r\nX-Injected: 1'
]

const NASTY_VALUES: ReadonlyArray<(random: Random) => unknown> = [
  random => pick(random, NASTY_TEXTS),
  random => pick(random, NASTY_TEXTS),
  random => pick(random, [0, -1, 1.5, 2 ** 53, -(2 ** 63), 1e300, 86_400_000]),
  random => pick(random, [null, true, false, [], {}, [[]], [null], { '': '' }]),
  () => deep(2000),
  () => Array.from({ length: 3000 }, () => 'x'),
  () => Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`key${n}`, n])),
  () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')
]

export const nastyValue = (random: Random): unknown => pick(random, NASTY_VALUES)(random)

/** The value with something in it that does not fit. */
export const mutated = (random: Random, value: unknown): unknown => {
  if (random() < 0.2 || typeof value !== 'object' || value === null) return nastyValue(random)
  if (Array.isArray(value)) {
    const items: ReadonlyArray<unknown> = value
    return random() < 0.3
      ? [...items, nastyValue(random)]
      : items.map(item => (random() < 0.5 ? mutated(random, item) : item))
  }
  const fields = Object.entries(value)
  if (fields.length === 0 || random() < 0.2)
    return { ...value, [pick(random, [...NASTY_TEXTS.slice(0, 6), 'unknownField'])]: nastyValue(random) }
  const chosen = pick(random, fields)[0]
  return Object.fromEntries(
    fields.flatMap(([field, inner]) => {
      if (field !== chosen) return [[field, inner]]
      return random() < 0.15 ? [] : [[field, mutated(random, inner)]]
    })
  )
}
