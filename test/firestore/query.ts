// Structured queries, exactly: filters, Firestore's implied orders, cursors, limits, and the composite indexes they need.
import { status } from '@grpc/grpc-js'
import type { Documents } from './documents.ts'
import {
  type Cursor,
  type Document,
  type Fields,
  type Filter,
  invalid,
  type Order,
  Refusal,
  type StructuredQuery,
  unimplemented,
  type Value
} from './protocol.ts'
import { compare, equal, fieldAt, kindOf, segmentsOf, withField } from './values.ts'

const NAME = '__name__'
const INEQUALITIES = new Set([
  'LESS_THAN',
  'LESS_THAN_OR_EQUAL',
  'GREATER_THAN',
  'GREATER_THAN_OR_EQUAL',
  'NOT_EQUAL',
  'NOT_IN'
])

/** An entry of `firestore.indexes.json`. */
export interface CompositeIndex {
  readonly collectionGroup: string
  readonly queryScope: 'COLLECTION' | 'COLLECTION_GROUP'
  readonly fields: ReadonlyArray<{
    readonly fieldPath: string
    readonly order?: 'ASCENDING' | 'DESCENDING'
    readonly arrayConfig?: 'CONTAINS'
  }>
}

/** A field for which an index is not kept, or kept for collection groups too. */
export interface FieldOverride {
  readonly collectionGroup: string
  readonly fieldPath: string
  readonly indexes: ReadonlyArray<{
    readonly queryScope: string
    readonly order?: string
    readonly arrayConfig?: string
  }>
}

export interface Indexes {
  readonly indexes: ReadonlyArray<CompositeIndex>
  readonly fieldOverrides: ReadonlyArray<FieldOverride>
}

const valueAt = (document: Document, path: string): Value | undefined =>
  path === NAME
    ? { valueType: 'referenceValue', referenceValue: document.name }
    : fieldAt(document.fields, path)

const isNaNValue = (value: Value): boolean =>
  value.doubleValue !== undefined && Number.isNaN(value.doubleValue)
const listed = (value: Value): ReadonlyArray<Value> => {
  if (value.arrayValue === undefined) throw invalid('This operator needs a list')
  return value.arrayValue.values
}

const matchesField = (document: Document, path: string, op: string, wanted: Value): boolean => {
  const value = valueAt(document, path)
  if (value === undefined) return false
  const sameKind = kindOf(value) === kindOf(wanted)
  switch (op) {
    case 'EQUAL':
      return equal(value, wanted)
    case 'NOT_EQUAL':
      return value.valueType !== 'nullValue' && !equal(value, wanted)
    case 'LESS_THAN':
      return sameKind && compare(value, wanted) < 0
    case 'LESS_THAN_OR_EQUAL':
      return sameKind && compare(value, wanted) <= 0
    case 'GREATER_THAN':
      return sameKind && compare(value, wanted) > 0
    case 'GREATER_THAN_OR_EQUAL':
      return sameKind && compare(value, wanted) >= 0
    case 'ARRAY_CONTAINS':
      return value.arrayValue?.values.some(item => equal(item, wanted)) ?? false
    case 'IN':
      return listed(wanted).some(item => equal(item, value))
    case 'ARRAY_CONTAINS_ANY':
      return value.arrayValue?.values.some(item => listed(wanted).some(other => equal(item, other))) ?? false
    case 'NOT_IN':
      return value.valueType !== 'nullValue' && !listed(wanted).some(item => equal(item, value))
    default:
      throw unimplemented(`the operator ${op}`)
  }
}

const matches = (document: Document, filter: Filter): boolean => {
  switch (filter.filterType) {
    case 'compositeFilter': {
      const { filters, op } = filter.compositeFilter!
      return op === 'OR'
        ? filters.some(inner => matches(document, inner))
        : filters.every(inner => matches(document, inner))
    }
    case 'fieldFilter': {
      const { field, op, value } = filter.fieldFilter!
      return matchesField(document, field.fieldPath, op, value)
    }
    case 'unaryFilter': {
      const { field, op } = filter.unaryFilter!
      const value = valueAt(document, field.fieldPath)
      if (value === undefined) return false
      const isNull = value.valueType === 'nullValue'
      if (op === 'IS_NULL') return isNull
      if (op === 'IS_NOT_NULL') return !isNull
      if (op === 'IS_NAN') return isNaNValue(value)
      if (op === 'IS_NOT_NAN') return !isNull && !isNaNValue(value)
      throw unimplemented(`the operator ${op}`)
    }
    default:
      throw unimplemented(`the filter ${filter.filterType}`)
  }
}

interface Condition {
  readonly path: string
  readonly op: string
}

const conditionsOf = (filter: Filter | null): ReadonlyArray<Condition> => {
  if (filter === null) return []
  if (filter.compositeFilter != null) return filter.compositeFilter.filters.flatMap(conditionsOf)
  if (filter.fieldFilter != null)
    return [{ path: filter.fieldFilter.field.fieldPath, op: filter.fieldFilter.op }]
  if (filter.unaryFilter == null) return []
  const { field, op } = filter.unaryFilter
  return [{ path: field.fieldPath, op: op.startsWith('IS_NOT') ? 'NOT_EQUAL' : 'EQUAL' }]
}

/** The order that is meant: inequality fields follow those named, then the name of the document. */
const orderOf = (query: StructuredQuery): ReadonlyArray<Order> => {
  const named = [...query.orderBy]
  const direction = named.at(-1)?.direction === 'DESCENDING' ? 'DESCENDING' : 'ASCENDING'
  const implied = [
    ...new Set(conditionsOf(query.where).flatMap(({ op, path }) => (INEQUALITIES.has(op) ? [path] : [])))
  ]
    .filter(path => path !== NAME && !named.some(({ field }) => field.fieldPath === path))
    .toSorted()
  for (const fieldPath of implied) named.push({ field: { fieldPath }, direction })
  if (!named.some(({ field }) => field.fieldPath === NAME))
    named.push({ field: { fieldPath: NAME }, direction })
  return named
}

const compareBy = (order: ReadonlyArray<Order>) => (a: Document, b: Document) => {
  for (const { direction, field } of order) {
    const difference = compare(valueAt(a, field.fieldPath)!, valueAt(b, field.fieldPath)!)
    if (difference !== 0) return direction === 'DESCENDING' ? -difference : difference
  }
  return 0
}

/** Where a document stands to a cursor: negative before it, positive behind it. */
const compareToCursor = (document: Document, order: ReadonlyArray<Order>, cursor: Cursor): number => {
  for (const [index, wanted] of cursor.values.entries()) {
    const by = order[index]
    if (by === undefined) throw invalid('A cursor has more values than the query has orders')
    const difference = compare(valueAt(document, by.field.fieldPath)!, wanted)
    if (difference !== 0) return by.direction === 'DESCENDING' ? -difference : difference
  }
  return 0
}

/** A query that production would answer only with an index that somebody made. */
const checkIndex = (query: StructuredQuery, { fieldOverrides, indexes }: Indexes): void => {
  const [from] = query.from
  const conditions = conditionsOf(query.where).filter(({ path }) => path !== NAME)
  const scope = from!.allDescendants ? 'COLLECTION_GROUP' : 'COLLECTION'
  const isEquality = ({ op }: Condition) => op === 'EQUAL' || op === 'IN'
  const contains = conditions.filter(({ op }) => op.startsWith('ARRAY_CONTAINS')).map(({ path }) => path)
  const equalities = new Set(conditions.filter(isEquality).map(({ path }) => path))
  const ordered = orderOf(query).filter(
    ({ field }) => field.fieldPath !== NAME && !equalities.has(field.fieldPath)
  )
  for (const path of [...equalities, ...contains, ...ordered.map(({ field }) => field.fieldPath)]) {
    const override = fieldOverrides.find(
      ({ collectionGroup, fieldPath }) => collectionGroup === from!.collectionId && fieldPath === path
    )
    const isKept = override?.indexes.some(({ queryScope }) => queryScope === scope) ?? scope === 'COLLECTION'
    if (!isKept && equalities.size + contains.length + ordered.length === 1) throw needsIndex(path)
  }
  const isServed =
    ordered.length === 0
      ? contains.length === 0 || (contains.length === 1 && equalities.size === 0)
      : ordered.length === 1 && equalities.size === 0 && contains.length === 0
  if (isServed) return
  const found = indexes.some(index => {
    if (index.collectionGroup !== from!.collectionId || index.queryScope !== scope) return false
    const fields = index.fields.filter(({ fieldPath }) => fieldPath !== NAME)
    const first = fields.slice(0, equalities.size + contains.length).map(({ fieldPath }) => fieldPath)
    const rest = fields.slice(equalities.size + contains.length)
    const wanted = [...equalities, ...contains]
    const directions = (flip: boolean) =>
      rest.every(({ fieldPath, order }, at) => {
        const direction = ordered[at]?.direction === 'DESCENDING' ? 'DESCENDING' : 'ASCENDING'
        return fieldPath === ordered[at]?.field.fieldPath && (order === direction) !== flip
      })
    return (
      first.length === wanted.length &&
      wanted.every(path => first.includes(path)) &&
      rest.length === ordered.length &&
      (directions(false) || directions(true))
    )
  })
  if (!found)
    throw needsIndex([...equalities, ...contains, ...ordered.map(({ field }) => field.fieldPath)].join(', '))
}

const needsIndex = (fields: string) =>
  new Refusal(
    status.FAILED_PRECONDITION,
    `The query requires an index on ${fields}: add it to firestore.indexes.json`
  )

const projected = (document: Document, query: StructuredQuery): Document => {
  if (query.select === null || query.select.fields.length === 0) return document
  const fields = query.select.fields.reduce((kept: Fields, { fieldPath }) => {
    const value = fieldPath === NAME ? undefined : fieldAt(document.fields, fieldPath)
    return value === undefined ? kept : withField(kept, segmentsOf(fieldPath), value)
  }, {})
  return { ...document, fields }
}

/** Answers the documents of a query in its order. */
export const runQuery = (
  documents: Documents,
  parent: string,
  query: StructuredQuery,
  indexes: Indexes | undefined
): ReadonlyArray<Document> => {
  const [from, ...others] = query.from
  if (from === undefined || others.length > 0) throw unimplemented('a query over several collections')
  if (query.findNearest != null) throw unimplemented('vector search')
  if (indexes !== undefined) checkIndex(query, indexes)
  const order = orderOf(query)
  const { endAt, startAt } = query
  const found = [...documents.in(parent, from.collectionId, from.allDescendants)]
    .filter(document => query.where === null || matches(document, query.where))
    // A document without a field by which is ordered is not in the result.
    .filter(document => order.every(({ field }) => valueAt(document, field.fieldPath) !== undefined))
    .filter(document => {
      if (startAt === null) return true
      const place = compareToCursor(document, order, startAt)
      return startAt.before ? place >= 0 : place > 0
    })
    .filter(document => {
      if (endAt === null) return true
      const place = compareToCursor(document, order, endAt)
      return endAt.before ? place < 0 : place <= 0
    })
    .toSorted(compareBy(order))
  const end = query.limit === null ? undefined : query.offset + query.limit.value
  return found.slice(query.offset, end).map(document => projected(document, query))
}
