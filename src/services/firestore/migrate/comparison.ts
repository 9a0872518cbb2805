// Compares documents as they should be with what Firestore has, by the hash of their content.
import type { DocumentData } from 'firebase-admin/firestore'
import { digestOf, type Fields, type Value } from '../publish/document.ts'

const isObject = (value: Value | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)

/** Each server numbers its gaps. */
const withoutGapIds = (coverage: Value): Value => {
  if (!isObject(coverage) || !Array.isArray(coverage['gaps'])) return coverage
  const gaps: ReadonlyArray<Value> = coverage['gaps']
  return { ...coverage, gaps: gaps.map(gap => (isObject(gap) ? { ...gap, gapId: 0 } : gap)) }
}

/**
 * The fields that can be the same on both sides. The others differ by nature: files are held in a folder or bucket, the
 * link to WhatsApp belongs to one server, and what was shortened to fit into Firestore is whole only in its source.
 */
const comparable = (path: string, fields: Fields): Fields => {
  const { coverage, media, truncated: _cut, ...others } = fields
  const rest: Fields = coverage === undefined ? others : { ...others, coverage: withoutGapIds(coverage) }
  if (path.startsWith('accounts/')) {
    const {
      ended: _ended,
      lastDisconnect: _last,
      suspension: _suspension,
      wanted: _wanted,
      ...account
    } = rest
    return account
  }
  if (media === undefined) return rest
  return typeof media === 'object' && media !== null && 'stored' in media
    ? { ...rest, media: { ...media, stored: false, fetched: null } }
    : { ...rest, media }
}

/** The published fields as Firestore has them, without fields that applications have added. */
const publishedFields = (data: DocumentData, fields: Fields): Fields =>
  Object.fromEntries(Object.keys(fields).map(name => [name, data[name] ?? null]))

const comparedDigest = (path: string, fields: Fields): Uint8Array => digestOf(path, comparable(path, fields))

const isSame = (path: string, fields: Fields, data: DocumentData): boolean =>
  Buffer.compare(comparedDigest(path, fields), comparedDigest(path, publishedFields(data, fields))) === 0

/** The names of the fields that differ. */
const differingFields = (path: string, fields: Fields, data: DocumentData): ReadonlyArray<string> => {
  const [should, has] = [comparable(path, fields), comparable(path, publishedFields(data, fields))]
  return Object.keys(should).filter(
    name => !isEqual(path, { [name]: should[name] ?? null }, { [name]: has[name] ?? null })
  )
}

const isEqual = (path: string, one: Fields, other: Fields): boolean =>
  Buffer.compare(digestOf(path, one), digestOf(path, other)) === 0

const isTruncated = (data: DocumentData): boolean =>
  Array.isArray(data['truncated']) && data['truncated'].length > 0

/** The result for all documents compared so far; paths of those that are not equal. */
export class Comparison {
  equal = 0
  truncated = 0
  readonly different: Array<string> = []
  readonly missing: Array<string> = []
  /** How often which field differs, by collection; no ids, they hold phone numbers. */
  readonly differing: Record<string, Record<string, number>> = {}

  get total(): number {
    return this.equal + this.different.length + this.missing.length
  }

  /** `fields` as the document should be, `data` as Firestore has it; `undefined` where there is no document. */
  add(path: string, fields: Fields | undefined, data: DocumentData | undefined): void {
    if (fields === undefined || data === undefined) this.missing.push(path)
    else if (!isSame(path, fields, data)) {
      this.different.push(path)
      this.countFields(path, differingFields(path, fields, data))
    } else {
      this.equal += 1
      if (isTruncated(data)) this.truncated += 1
    }
  }
  private countFields(path: string, names: ReadonlyArray<string>): void {
    const collection = path.split('/').at(-2) ?? path
    const counts = (this.differing[collection] ??= {})
    for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  }
}
