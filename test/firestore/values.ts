// Values in Firestore's order, what they are equal to, and how large a document is.
import { invalid, type Fields, type Timestamp, type Value } from './protocol.ts'

/** Null, booleans, numbers, times, text, bytes, references, places, arrays, maps. */
const KINDS: ReadonlyArray<ReadonlyArray<string>> = [
  ['nullValue'],
  ['booleanValue'],
  ['integerValue', 'doubleValue'],
  ['timestampValue'],
  ['stringValue'],
  ['bytesValue'],
  ['referenceValue'],
  ['geoPointValue'],
  ['arrayValue'],
  ['mapValue']
]

export const kindOf = (value: Value): number => {
  const kind = KINDS.findIndex(names => names.includes(value.valueType))
  if (kind < 0) throw invalid(`A value of the type ${value.valueType} cannot be stored`)
  return kind
}

const sign = (difference: number): number => (difference < 0 ? -1 : difference > 0 ? 1 : 0)

const compareNumbers = (a: Value, b: Value): number => {
  if (a.integerValue !== undefined && b.integerValue !== undefined) {
    const [x, y] = [BigInt(a.integerValue), BigInt(b.integerValue)]
    return x < y ? -1 : x > y ? 1 : 0
  }
  const [x, y] = [a, b].map(value => value.doubleValue ?? Number(value.integerValue)) as [number, number]
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) ? (Number.isNaN(y) ? 0 : -1) : 1
  return sign(x - y)
}

export const compareTimes = (a: Timestamp, b: Timestamp): number =>
  sign(Number(BigInt(a.seconds) - BigInt(b.seconds))) || sign(a.nanos - b.nanos)

/** Text is ordered by its bytes in UTF-8, not by UTF-16 units. */
const compareText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** Names are ordered segment by segment. */
export const compareNames = (a: string, b: string): number => {
  const [left, right] = [a.split('/'), b.split('/')]
  for (const [index, segment] of left.entries()) {
    const other = right[index]
    if (other === undefined) return 1
    const order = compareText(segment, other)
    if (order !== 0) return order
  }
  return left.length - right.length === 0 ? 0 : -1
}

export const compare = (a: Value, b: Value): number => {
  const kind = kindOf(a)
  const order = kind - kindOf(b)
  if (order !== 0) return sign(order)
  switch (KINDS[kind]?.[0]) {
    case 'booleanValue':
      return Number(a.booleanValue) - Number(b.booleanValue)
    case 'integerValue':
      return compareNumbers(a, b)
    case 'timestampValue':
      return compareTimes(a.timestampValue!, b.timestampValue!)
    case 'stringValue':
      return compareText(a.stringValue!, b.stringValue!)
    case 'bytesValue':
      return Buffer.compare(a.bytesValue!, b.bytesValue!)
    case 'referenceValue':
      return compareNames(a.referenceValue!, b.referenceValue!)
    case 'geoPointValue':
      return (
        sign(a.geoPointValue!.latitude - b.geoPointValue!.latitude) ||
        sign(a.geoPointValue!.longitude - b.geoPointValue!.longitude)
      )
    case 'arrayValue':
      return compareLists(a.arrayValue!.values, b.arrayValue!.values)
    case 'mapValue':
      return compareMaps(a.mapValue!.fields, b.mapValue!.fields)
    default:
      return 0
  }
}

const compareLists = (a: ReadonlyArray<Value>, b: ReadonlyArray<Value>): number => {
  for (const [index, value] of a.entries()) {
    const other = b[index]
    if (other === undefined) return 1
    const order = compare(value, other)
    if (order !== 0) return order
  }
  return a.length === b.length ? 0 : -1
}

const compareMaps = (a: Fields, b: Fields): number => {
  const [left, right] = [a, b].map(fields => Object.entries(fields).toSorted(([x], [y]) => compareText(x, y)))
  for (const [index, [key, value]] of left!.entries()) {
    const other = right![index]
    if (other === undefined) return 1
    const order = compareText(key, other[0]) || compare(value, other[1])
    if (order !== 0) return order
  }
  return left!.length === right!.length ? 0 : -1
}

export const equal = (a: Value, b: Value): boolean => kindOf(a) === kindOf(b) && compare(a, b) === 0

/** Bytes, as Firestore counts them. */
export const sizeOf = (value: Value): number => {
  switch (value.valueType) {
    case 'stringValue':
      return Buffer.byteLength(value.stringValue!) + 1
    case 'bytesValue':
      return value.bytesValue!.length
    case 'referenceValue':
      return nameSize(value.referenceValue!)
    case 'geoPointValue':
      return 16
    case 'arrayValue':
      return value.arrayValue!.values.reduce((sum, item) => sum + sizeOf(item), 0)
    case 'mapValue':
      return fieldsSize(value.mapValue!.fields)
    case 'nullValue':
    case 'booleanValue':
      return 1
    default:
      return 8
  }
}

const fieldsSize = (fields: Fields): number =>
  Object.entries(fields).reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + 1 + sizeOf(value), 0)

/** The path within the database: what comes after `…/documents/`. */
export const relativeName = (name: string): string => name.split('/').slice(5).join('/')

const nameSize = (name: string): number =>
  relativeName(name)
    .split('/')
    .reduce((sum, segment) => sum + Buffer.byteLength(segment) + 1, 16)

export const documentSize = (name: string, fields: Fields): number => nameSize(name) + fieldsSize(fields) + 32

const DEEPEST = 20

/** Refuses what Firestore refuses in a document. */
export const checkFields = (fields: Fields, depth = 1): void => {
  if (depth > DEEPEST) throw invalid('A document may be 20 maps deep')
  for (const [key, value] of Object.entries(fields)) {
    if (key === '') throw invalid('A field needs a name')
    if (/^__.*__$/.test(key)) throw invalid(`The field name ${key} is reserved`)
    checkValue(value, depth, false)
  }
}

const checkValue = (value: Value, depth: number, isInArray: boolean): void => {
  kindOf(value)
  if (value.arrayValue !== undefined && value.arrayValue !== null) {
    if (isInArray) throw invalid('Nested arrays are not allowed')
    for (const item of value.arrayValue.values) checkValue(item, depth + 1, true)
  }
  if (value.mapValue !== undefined && value.mapValue !== null) checkFields(value.mapValue.fields, depth + 1)
}

/** `a.b`, `a.\`odd name\`` as segments. */
export const segmentsOf = (path: string): ReadonlyArray<string> => {
  const segments = [...path.matchAll(/`((?:[^`\\]|\\.)*)`|([^.`]+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll(/\\(.)/g, '$1')
  )
  if (segments.length === 0) throw invalid(`${path} is no field path`)
  return segments
}

export const fieldAt = (fields: Fields, path: string): Value | undefined => {
  let at: Value | undefined
  let within: Fields | undefined = fields
  for (const segment of segmentsOf(path)) {
    at = within !== undefined && Object.hasOwn(within, segment) ? within[segment] : undefined
    within = at?.mapValue?.fields
  }
  return at
}

/** The fields with the value at a path replaced, or taken out. */
export const withField = (
  fields: Fields,
  segments: ReadonlyArray<string>,
  value: Value | undefined
): Fields => {
  const [first = '', ...rest] = segments
  const { [first]: held, ...others } = fields
  if (rest.length === 0) return value === undefined ? others : { ...others, [first]: value }
  const inner = held?.mapValue?.fields ?? {}
  if (value === undefined && held?.mapValue === undefined) return fields
  return {
    ...others,
    [first]: { valueType: 'mapValue', mapValue: { fields: withField(inner, rest, value) } }
  }
}
