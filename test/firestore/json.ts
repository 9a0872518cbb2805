// The protocol as browsers speak it: JSON, with times as text, bytes in base64 and nothing for what is not there.
import type {
  Cursor,
  Fields,
  FieldTransform,
  Filter,
  StructuredQuery,
  Target,
  Timestamp,
  Value,
  Write
} from './protocol.ts'

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const object = (value: unknown): Json => (isObject(value) ? value : {})
const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const timeOf = (value: unknown): Timestamp => {
  const [, whole = '', fraction = ''] = /^(.+?)(?:\.(\d+))?Z$/.exec(text(value)) ?? []
  return {
    seconds: String(Math.floor(Date.parse(`${whole}Z`) / 1000)),
    nanos: Number(fraction.padEnd(9, '0').slice(0, 9))
  }
}

const timeText = ({ nanos, seconds }: Timestamp): string =>
  `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`

/** A union is an object with one field. */
const only = (given: unknown): readonly [string, unknown] =>
  Object.entries(object(given))[0] ?? ['', undefined]

const isTimestamp = (value: Json): boolean =>
  typeof value['seconds'] === 'string' && typeof value['nanos'] === 'number'

export const valueIn = (given: unknown): Value => {
  const [valueType, value] = only(given)
  switch (valueType) {
    case 'nullValue':
      return { valueType, nullValue: 'NULL_VALUE' }
    case 'timestampValue':
      return { valueType, timestampValue: timeOf(value) }
    case 'bytesValue':
      return { valueType, bytesValue: Buffer.from(text(value), 'base64') }
    case 'integerValue':
      return { valueType, integerValue: String(value) }
    case 'doubleValue':
      return { valueType, doubleValue: Number(value) }
    case 'arrayValue':
      return { valueType, arrayValue: { values: list(object(value)['values']).map(valueIn) } }
    case 'mapValue':
      return { valueType, mapValue: { fields: fieldsIn(object(value)['fields']) } }
    default:
      return { valueType, [valueType]: value }
  }
}

const fieldsIn = (given: unknown): Fields =>
  Object.fromEntries(Object.entries(object(given)).map(([name, value]) => [name, valueIn(value)]))

const filterIn = (given: unknown): Filter => {
  const [filterType, found] = only(given)
  const inner = object(found)
  const field = { fieldPath: text(object(inner['field'])['fieldPath']) }
  const op = text(inner['op'])
  if (filterType === 'compositeFilter') {
    return { filterType, compositeFilter: { op, filters: list(inner['filters']).map(filterIn) } }
  }
  return filterType === 'fieldFilter'
    ? { filterType, fieldFilter: { field, op, value: valueIn(inner['value']) } }
    : { filterType, unaryFilter: { field, op } }
}

const cursorIn = (given: unknown): Cursor | null =>
  isObject(given) ? { values: list(given['values']).map(valueIn), before: given['before'] === true } : null

const numberIn = (given: unknown): number => Number(isObject(given) ? given['value'] : given)

const queryIn = (given: Json): StructuredQuery => ({
  select: null,
  from: list(given['from']).map(from => ({
    collectionId: text(object(from)['collectionId']),
    allDescendants: object(from)['allDescendants'] === true
  })),
  where: given['where'] === undefined ? null : filterIn(given['where']),
  orderBy: list(given['orderBy']).map(order => ({
    field: { fieldPath: text(object(object(order)['field'])['fieldPath']) },
    direction: text(object(order)['direction'])
  })),
  startAt: cursorIn(given['startAt']),
  endAt: cursorIn(given['endAt']),
  offset: Number(given['offset'] ?? 0),
  limit: given['limit'] === undefined ? null : { value: numberIn(given['limit']) },
  findNearest: given['findNearest'] ?? null
})

const targetIn = (given: Json): Target => {
  const query = object(given['query'])
  const shared = {
    targetId: Number(given['targetId']),
    once: given['once'] === true,
    ...(given['resumeToken'] === undefined && given['readTime'] === undefined
      ? {}
      : { resumeType: 'resumeToken' })
  }
  return given['documents'] === undefined
    ? {
        ...shared,
        targetType: 'query',
        query: { parent: text(query['parent']), structuredQuery: queryIn(object(query['structuredQuery'])) }
      }
    : {
        ...shared,
        targetType: 'documents',
        documents: { documents: list(object(given['documents'])['documents']).map(text) }
      }
}

export const listenRequestIn = (given: Json) => ({
  ...(isObject(given['addTarget']) ? { addTarget: targetIn(given['addTarget']) } : {}),
  ...(given['removeTarget'] === undefined ? {} : { removeTarget: Number(given['removeTarget']) })
})

const transformIn = (given: unknown): FieldTransform => {
  const { fieldPath, ...rest } = object(given)
  const [transformType, value] = only(rest)
  const shared = { fieldPath: text(fieldPath), transformType }
  if (transformType === 'setToServerValue') return { ...shared, setToServerValue: text(value) }
  return transformType === 'appendMissingElements' || transformType === 'removeAllFromArray'
    ? { ...shared, [transformType]: { values: list(object(value)['values']).map(valueIn) } }
    : { ...shared, [transformType]: valueIn(value) }
}

const writeIn = (given: unknown): Write => {
  const write = object(given)
  const condition = write['currentDocument']
  const mask = write['updateMask']
  const operation = ['update', 'delete', 'verify', 'transform'].find(name => name in write) ?? ''
  return {
    operation,
    ...(operation === 'update'
      ? {
          update: {
            name: text(object(write['update'])['name']),
            fields: fieldsIn(object(write['update'])['fields'])
          }
        }
      : { [operation]: write[operation] }),
    updateMask: isObject(mask) ? { fieldPaths: list(mask['fieldPaths']).map(text) } : null,
    updateTransforms: list(write['updateTransforms']).map(transformIn),
    currentDocument: isObject(condition)
      ? {
          ...(condition['exists'] === undefined ? {} : { exists: condition['exists'] === true }),
          ...(condition['updateTime'] === undefined ? {} : { updateTime: timeOf(condition['updateTime']) })
        }
      : null
  }
}

export const writeRequestIn = (given: Json) => ({ writes: list(given['writes']).map(writeIn) })

/** A message of ours as JSON. */
export const jsonOf = (value: unknown): unknown => {
  if (Buffer.isBuffer(value)) return value.toString('base64')
  if (Array.isArray(value)) return value.map(jsonOf)
  if (!isObject(value)) return value
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  if (isTimestamp(value)) return timeText(value as unknown as Timestamp)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => name !== 'valueType' && inner !== null && inner !== undefined)
      .map(([name, inner]) => [name, name === 'nullValue' ? null : jsonOf(inner)])
  )
}
