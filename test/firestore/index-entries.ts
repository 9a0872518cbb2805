// The entries that a document has in the indexes of Firestore: each field has some unless it is exempted, and production refuses a document
// with too many.
import { invalid, type Fields, type Value } from './protocol.ts'
import { relativeName, sizeOf } from './values.ts'

const MOST_ENTRIES = 40_000
const MOST_BYTES = 8 * 1024 * 1024
/** Of a value no more is indexed. */
const INDEXED_BYTES = 1500
const ENTRY_BYTES = 32

/** A field whose entries are made otherwise, or not at all, in a collection. */
export interface Exemption {
  readonly collectionGroup: string
  readonly fieldPath: string
  readonly indexes: ReadonlyArray<unknown>
}

/** The size of each value that has entries, and how many. */
type Indexed = ReadonlyArray<{ readonly count: number; readonly size: number }>

const valueEntries = (value: Value, path: string, isExempt: (path: string) => boolean): Indexed => {
  if (isExempt(path)) return []
  if (value.arrayValue != null)
    // Whether it contains a value.
    return value.arrayValue.values.map(item => ({ count: 1, size: sizeOf(item) }))
  if (value.mapValue != null) return entriesOf(value.mapValue.fields, `${path}.`, isExempt)
  // Ascending and descending.
  return [{ count: 2, size: sizeOf(value) }]
}

const entriesOf = (fields: Fields, prefix: string, isExempt: (path: string) => boolean): Indexed =>
  Object.entries(fields).flatMap(([name, value]) => valueEntries(value, `${prefix}${name}`, isExempt))

/** Refuses a document with more entries than Firestore keeps. */
export const checkIndexEntries = (
  name: string,
  fields: Fields,
  exemptions: ReadonlyArray<Exemption>
): void => {
  const collection = relativeName(name).split('/').at(-2)
  const exempt = new Set(
    exemptions
      .filter(({ collectionGroup, indexes }) => collectionGroup === collection && indexes.length === 0)
      .map(({ fieldPath }) => fieldPath)
  )
  const entries = entriesOf(fields, '', path => exempt.has(path))
  const count = entries.reduce((sum, entry) => sum + entry.count, 0)
  if (count > MOST_ENTRIES) throw invalid(`too many index entries for entity ${name}`)
  const bytes = entries.reduce(
    (sum, entry) =>
      sum + entry.count * (Math.min(INDEXED_BYTES, entry.size) + Buffer.byteLength(name) + ENTRY_BYTES),
    0
  )
  if (bytes > MOST_BYTES) throw invalid(`The index entries of ${name} have more than ${MOST_BYTES} bytes`)
}
