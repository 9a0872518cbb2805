// A document as Firestore accepts it: its size, what is left out when it is too large, and a digest that shows whether it
// has changed.
import { createHash, type Hash } from 'node:crypto'

export type Value =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | ReadonlyArray<Value>
  | { readonly [field: string]: Value }
export type Fields = { readonly [field: string]: Value }

/** Bytes. Firestore's limit is 1 MiB, of which the name and the index entries need some. */
const LARGEST = 1_000_000

/** Bytes; of larger documents only a few fit into one request. */
export const LARGE = 450_000

const isList = (value: Value): value is ReadonlyArray<Value> => Array.isArray(value)

/** Bytes, as Firestore counts them: https://firebase.google.com/docs/firestore/storage-size */
export const sizeOf = (value: Value): number => {
  if (value === null || typeof value === 'boolean') return 1
  if (typeof value === 'number') return 8
  if (typeof value === 'string') return Buffer.byteLength(value) + 1
  if (value instanceof Uint8Array) return value.byteLength
  if (isList(value)) return value.reduce((sum: number, item) => sum + sizeOf(item), 0)
  return Object.entries(value).reduce(
    (sum, [name, inner]) => sum + Buffer.byteLength(name) + 1 + sizeOf(inner),
    0
  )
}

/** Replaces lone surrogates: Firestore refuses text that is not well-formed Unicode. */
const wellFormed = (value: Value): Value => {
  if (typeof value === 'string') return value.toWellFormed()
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value
  if (isList(value)) return value.map(wellFormed)
  return wellFormedFields(value)
}

const wellFormedFields = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, wellFormed(value)]]
    )
  )

/** The longest beginning of a text that has at most so many bytes, in whole characters. */
const beginningOf = (text: string, bytes: number): string =>
  new TextDecoder().decode(Buffer.from(text).subarray(0, bytes)).replace(/\uFFFD$/, '')

/** Dropped in this order until the rest fits. The server's own database keeps the whole. */
const EXPENDABLE = [
  'raw',
  'body',
  'edits',
  'receipts',
  'contacts',
  'poll',
  'answer',
  'media',
  'reactions'
] as const

/** The document within Firestore's limits; `truncated` names the fields that were shortened or dropped. */
export const fitted = (fields: Fields): Fields => {
  const whole = wellFormedFields(fields)
  return sizeOf(whole) <= LARGEST ? whole : shortened(whole)
}

/** Bytes. Readers miss the text most, so a long one keeps at least its beginning. */
const LEAST_OF_BODY = 100_000

const shortened = (fields: Fields): Fields => {
  const truncated: Array<string> = []
  let document = fields
  const give = (name: string, value: Value): void => {
    document = { ...document, [name]: value }
    truncated.push(name)
  }
  const excess = () => sizeOf(document) - LARGEST
  for (const name of EXPENDABLE) {
    if (excess() <= 0) break
    const { [name]: value } = document
    if (value === undefined || value === null) continue
    if (typeof value !== 'string') give(name, Array.isArray(value) ? [] : null)
    else if (Buffer.byteLength(value) > LEAST_OF_BODY)
      give(name, beginningOf(value, Math.max(LEAST_OF_BODY, Buffer.byteLength(value) - excess())))
  }
  return { ...document, truncated }
}

/** The same for equal documents, whatever the order of their fields. */
export const digestOf = (path: string, fields: Fields): Uint8Array => {
  const hash = createHash('sha256').update(path)
  addToHash(hash, fields)
  return new Uint8Array(hash.digest().subarray(0, 16))
}

/** Every part is preceded by its kind or length, so that different values never give the same bytes. */
const addToHash = (hash: Hash, value: Value): void => {
  if (value instanceof Uint8Array) hash.update(`b${value.byteLength}:`).update(value)
  else if (value === null || typeof value !== 'object') {
    const text = JSON.stringify(value)
    hash.update(`${text.length}:`).update(text)
  } else if (isList(value)) {
    hash.update(`[${value.length}:`)
    for (const item of value) addToHash(hash, item)
  } else {
    const names = Object.keys(value).toSorted()
    hash.update(`{${names.length}:`)
    for (const name of names) {
      addToHash(hash, name)
      addToHash(hash, value[name] ?? null)
    }
  }
}
