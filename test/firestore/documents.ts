// The documents of one local Firestore: writes with masks, transforms and preconditions, all or none of a commit.
import { status } from '@grpc/grpc-js'
import {
  type Document,
  type Fields,
  type FieldTransform,
  invalid,
  type Precondition,
  Refusal,
  type Timestamp,
  unimplemented,
  type Value,
  type Write
} from './protocol.ts'
import { checkIndexEntries, type Exemption } from './index-entries.ts'
import {
  checkFields,
  compare,
  compareTimes,
  documentSize,
  equal,
  fieldAt,
  kindOf,
  relativeName,
  segmentsOf,
  withField
} from './values.ts'

const LARGEST_DOCUMENT = 1_048_576
const LARGEST_ID = 1500

/** A document before and after a commit. */
export interface Change {
  readonly name: string
  readonly before: Document | undefined
  readonly after: Document | undefined
}

export interface WriteResult {
  readonly updateTime: Timestamp | null
  readonly transformResults: ReadonlyArray<Value>
}

/** What has been written since the server started; a test may set it back. */
export interface Tally {
  writes: number
  deletes: number
  reads: number
  /** Writes of each collection, by the collection's id. */
  readonly byCollection: Map<string, number>
  /** When each document was written, milliseconds since 1970. */
  readonly times: Map<string, Array<number>>
}

const collectionOf = (name: string): string => name.slice(0, name.lastIndexOf('/'))

export class Documents {
  private readonly collections = new Map<string, Map<string, Document>>()
  private readonly listeners = new Set<(changes: ReadonlyArray<Change>, at: Timestamp) => void>()
  private last = 0n
  readonly tally: Tally = { writes: 0, deletes: 0, reads: 0, byCollection: new Map(), times: new Map() }

  /** Fields that have no entries in indexes. */
  exemptions: ReadonlyArray<Exemption> = []

  /** The server's clock, milliseconds since 1970. */
  now: () => number = Date.now

  /** A time that no commit had before, in microseconds as Firestore counts. */
  tick(): Timestamp {
    const now = BigInt(this.now()) * 1000n
    this.last = now > this.last ? now : this.last + 1n
    return { seconds: String(this.last / 1_000_000n), nanos: Number(this.last % 1_000_000n) * 1000 }
  }

  get(name: string): Document | undefined {
    return this.collections.get(collectionOf(name))?.get(name)
  }

  /** The documents of one collection, or of all of this id below a parent. */
  *in(parent: string, collectionId: string, allDescendants: boolean): Iterable<Document> {
    if (!allDescendants) {
      yield* this.collections.get(`${parent}/${collectionId}`)?.values() ?? []
      return
    }
    for (const [path, documents] of this.collections) {
      if (path.startsWith(`${parent}/`) && path.endsWith(`/${collectionId}`)) yield* documents.values()
    }
  }

  /** The ids of the collections directly below a document or the root. */
  collectionIds(parent: string): ReadonlyArray<string> {
    const ids = new Set<string>()
    for (const [path, documents] of this.collections) {
      if (documents.size > 0 && path.startsWith(`${parent}/`))
        ids.add(path.slice(parent.length + 1).split('/')[0]!)
    }
    return [...ids].toSorted()
  }

  onChange(listener: (changes: ReadonlyArray<Change>, at: Timestamp) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** All of the writes, or a refusal and none of them. */
  commit(writes: ReadonlyArray<Write>): {
    readonly at: Timestamp
    readonly results: ReadonlyArray<WriteResult>
  } {
    const at = this.tick()
    const staged = new Map<string, Document | undefined>()
    const held = (name: string) => (staged.has(name) ? staged.get(name) : this.get(name))
    const results = writes.map(write => {
      const { after, name, result } = applied(write, held, at)
      if (after !== undefined) checkIndexEntries(name, after.fields, this.exemptions)
      if (write.operation !== 'verify') staged.set(name, after)
      return result
    })
    const changes = [...staged].map(([name, after]): Change => ({ name, before: this.get(name), after }))
    for (const { after, name } of changes) this.put(name, after)
    for (const listener of this.listeners) listener(changes, at)
    return { at, results }
  }

  private put(name: string, document: Document | undefined): void {
    const path = collectionOf(name)
    const collection = this.collections.get(path) ?? new Map<string, Document>()
    this.collections.set(path, collection)
    const id = path.slice(path.lastIndexOf('/') + 1)
    if (document === undefined) {
      collection.delete(name)
      this.tally.deletes += 1
    } else {
      collection.set(name, document)
      this.tally.writes += 1
      this.tally.byCollection.set(id, (this.tally.byCollection.get(id) ?? 0) + 1)
      const key = relativeName(name)
      const times = this.tally.times.get(key) ?? []
      times.push(Date.now())
      this.tally.times.set(key, times)
    }
  }
}

const checkName = (name: string): void => {
  if (!/^projects\/[^/]+\/databases\/[^/]+\/documents\/.+/.test(name))
    throw invalid(`${name} is no document name`)
  const segments = relativeName(name).split('/')
  if (segments.length % 2 !== 0) throw invalid(`${name} names a collection, not a document`)
  for (const segment of segments) {
    if (segment === '' || segment === '.' || segment === '..' || /^__.*__$/.test(segment)) {
      throw invalid(`${segment} is no id`)
    }
    if (Buffer.byteLength(segment) > LARGEST_ID) throw invalid(`An id has at most ${LARGEST_ID} bytes`)
  }
}

const checkPrecondition = (
  condition: Precondition | null,
  name: string,
  held: Document | undefined
): void => {
  if (condition === null) return
  if (condition.exists === true && held === undefined) {
    throw new Refusal(status.NOT_FOUND, `No document to update: ${name}`)
  }
  if (condition.exists === false && held !== undefined) {
    throw new Refusal(status.ALREADY_EXISTS, `Document already exists: ${name}`)
  }
  const { updateTime } = condition
  if (updateTime != null && (held === undefined || compareTimes(held.updateTime, updateTime) !== 0)) {
    throw new Refusal(
      status.FAILED_PRECONDITION,
      `The stored version does not match the required base version`
    )
  }
}

const applied = (
  write: Write,
  held: (name: string) => Document | undefined,
  at: Timestamp
): { readonly name: string; readonly after: Document | undefined; readonly result: WriteResult } => {
  const name = write.update?.name ?? write.delete ?? write.verify
  if (name === undefined || write.operation === 'transform')
    throw unimplemented(`the write ${write.operation}`)
  checkName(name)
  const before = held(name)
  checkPrecondition(write.currentDocument, name, before)
  if (write.operation === 'verify')
    return { name, after: before, result: { updateTime: null, transformResults: [] } }
  if (write.update == null)
    return { name, after: undefined, result: { updateTime: null, transformResults: [] } }
  checkFields(write.update.fields)
  const masked = withMask(write, before)
  const { fields, results } = transformed(masked, write.updateTransforms, at)
  if (documentSize(name, fields) > LARGEST_DOCUMENT) {
    throw invalid(
      `Document cannot be written because its size exceeds the maximum allowed size of 1,048,576 bytes`
    )
  }
  const isSame = before !== undefined && compareFields(before.fields, fields)
  // A write that changes nothing leaves the time of the last change.
  const updateTime = isSame ? before.updateTime : at
  return {
    name,
    after: { name, fields, createTime: before?.createTime ?? at, updateTime },
    result: { updateTime, transformResults: results }
  }
}

const compareFields = (a: Fields, b: Fields): boolean =>
  equal(
    { valueType: 'mapValue', mapValue: { fields: a } },
    { valueType: 'mapValue', mapValue: { fields: b } }
  )

const withMask = (write: Write, before: Document | undefined): Fields => {
  const given = write.update?.fields ?? {}
  if (write.updateMask === null) return given
  return write.updateMask.fieldPaths.reduce(
    (fields, path) => withField(fields, segmentsOf(path), fieldAt(given, path)),
    before?.fields ?? {}
  )
}

const transformed = (fields: Fields, transforms: ReadonlyArray<FieldTransform>, at: Timestamp) => {
  const results: Array<Value> = []
  let now = fields
  for (const transform of transforms) {
    const value = transformedValue(fieldAt(now, transform.fieldPath), transform, at)
    now = withField(now, segmentsOf(transform.fieldPath), value)
    // Changes of an array answer null.
    results.push(
      transform.transformType === 'appendMissingElements' || transform.transformType === 'removeAllFromArray'
        ? { valueType: 'nullValue', nullValue: 'NULL_VALUE' }
        : value
    )
  }
  return { fields: now, results }
}

const isNumber = (value: Value | undefined): value is Value => value !== undefined && kindOf(value) === 2

const list = (values: ReadonlyArray<Value>): Value => ({ valueType: 'arrayValue', arrayValue: { values } })

const transformedValue = (held: Value | undefined, transform: FieldTransform, at: Timestamp): Value => {
  switch (transform.transformType) {
    case 'setToServerValue':
      if (transform.setToServerValue !== 'REQUEST_TIME') throw unimplemented('this server value')
      // To the millisecond, as Firestore does.
      return {
        valueType: 'timestampValue',
        timestampValue: { seconds: at.seconds, nanos: Math.floor(at.nanos / 1e6) * 1e6 }
      }
    case 'increment': {
      const by = transform.increment!
      if (!isNumber(held)) return by
      if (held.integerValue !== undefined && by.integerValue !== undefined) {
        return {
          valueType: 'integerValue',
          integerValue: String(BigInt(held.integerValue) + BigInt(by.integerValue))
        }
      }
      const number = (value: Value) => value.doubleValue ?? Number(value.integerValue)
      return { valueType: 'doubleValue', doubleValue: number(held) + number(by) }
    }
    case 'maximum':
      return isNumber(held) && compare(held, transform.maximum!) >= 0 ? held : transform.maximum!
    case 'minimum':
      return isNumber(held) && compare(held, transform.minimum!) <= 0 ? held : transform.minimum!
    case 'appendMissingElements': {
      const there = held?.arrayValue?.values ?? []
      const missing = transform.appendMissingElements!.values.filter(
        (value, index, all) =>
          !there.some(other => equal(other, value)) && all.findIndex(other => equal(other, value)) === index
      )
      return list([...there, ...missing])
    }
    case 'removeAllFromArray': {
      const gone = transform.removeAllFromArray!.values
      return list((held?.arrayValue?.values ?? []).filter(value => !gone.some(other => equal(other, value))))
    }
    default:
      throw unimplemented(`the transform ${transform.transformType}`)
  }
}
