// Reads and adds single fields of an encoded protobuf message, for what is needed without the generated classes, or of
// fields that they do not know.

const VARINT = 0
const FIXED_64 = 1
const LENGTH_DELIMITED = 2
const START_GROUP = 3
const END_GROUP = 4
const FIXED_32 = 5

/** Malformed bytes; never leaves this file. */
class Malformed extends Error {}

const readVarint = (bytes: Uint8Array, from: number): { readonly value: number; readonly next: number } => {
  let value = 0
  for (let index = from, scale = 1; index < from + 10; index += 1, scale *= 128) {
    const byte = bytes[index]
    if (byte === undefined) break
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return { value, next: index + 1 }
  }
  throw new Malformed()
}

/** Groups within groups are not read further: nobody nests them, and a hostile message could exhaust the stack. */
const MOST_GROUPS = 20

/** The position after a group, an old form of a nested message, whose start was read. */
const skipGroup = (bytes: Uint8Array, from: number, depth: number): number => {
  if (depth > MOST_GROUPS) throw new Malformed()
  let position = from
  for (;;) {
    const { next, value: tag } = readVarint(bytes, position)
    if (tag % 8 === END_GROUP) return next
    position = skipValue(bytes, tag % 8, next, depth)
  }
}

/** The position after a value. */
const skipValue = (bytes: Uint8Array, wireType: number, from: number, depth = 0): number => {
  if (wireType === VARINT) return readVarint(bytes, from).next
  if (wireType === FIXED_64) return from + 8
  if (wireType === FIXED_32) return from + 4
  if (wireType === START_GROUP) return skipGroup(bytes, from, depth + 1)
  if (wireType !== LENGTH_DELIMITED) throw new Malformed()
  const { next, value: length } = readVarint(bytes, from)
  return next + length
}

/** Calls `visit` with each length-delimited field, in the order in which they are encoded; `at` is where its tag begins. */
const visitBytesFields = (
  bytes: Uint8Array,
  visit: (field: number, start: number, end: number, at: number) => void
): void => {
  let position = 0
  while (position < bytes.length) {
    const { next, value: tag } = readVarint(bytes, position)
    const wireType = tag % 8
    if (wireType === LENGTH_DELIMITED) {
      const { next: start, value: length } = readVarint(bytes, next)
      const end = start + length
      if (end > bytes.length) throw new Malformed()
      visit(Math.floor(tag / 8), start, end, position)
      position = end
    } else {
      position = skipValue(bytes, wireType, next)
    }
  }
}

const unlessMalformed = <A>(read: () => A): A | undefined => {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof Malformed) return undefined
    throw cause
  }
}

/** All values of a field of type `bytes`, `string` or message; `undefined` when the bytes are no protobuf message. */
export const bytesFields = (bytes: Uint8Array, field: number): ReadonlyArray<Uint8Array> | undefined =>
  unlessMalformed(() => {
    const values: Array<Uint8Array> = []
    visitBytesFields(bytes, (number, start, end) => {
      if (number === field) values.push(bytes.subarray(start, end))
    })
    return values
  })

/** A message in two: the values of one field of type `bytes`, `string` or message, and the message without them. */
export interface Split {
  readonly values: ReadonlyArray<Uint8Array>
  readonly rest: Uint8Array
}

/** Takes a field out of a message; `undefined` when the bytes are no protobuf message. */
export const splitField = (bytes: Uint8Array, field: number): Split | undefined =>
  unlessMalformed(() => {
    const values: Array<Uint8Array> = []
    const others: Array<Uint8Array> = []
    let kept = 0
    visitBytesFields(bytes, (number, start, end, at) => {
      if (number !== field) return
      values.push(bytes.subarray(start, end))
      if (at > kept) others.push(bytes.subarray(kept, at))
      kept = end
    })
    others.push(bytes.subarray(kept))
    return { values, rest: others.length === 1 && kept === 0 ? bytes : Buffer.concat(others) }
  })

/** The value of a field of an integer or enum type; `undefined` when it is not there, or the bytes are no protobuf message. */
export const varintField = (bytes: Uint8Array, field: number): number | undefined =>
  unlessMalformed(() => {
    let found: number | undefined
    for (let position = 0; position < bytes.length;) {
      const { next, value: tag } = readVarint(bytes, position)
      if (tag === field * 8 + VARINT) found = readVarint(bytes, next).value
      position = skipValue(bytes, tag % 8, next)
      if (position > bytes.length) throw new Malformed()
    }
    return found
  })

/** The value of a field that is not repeated: of several, protobuf takes the last. */
export const bytesField = (bytes: Uint8Array, field: number): Uint8Array | undefined =>
  unlessMalformed(() => {
    let last: readonly [start: number, end: number] | undefined
    const note = (number: number, start: number, end: number): void => {
      if (number === field) last = [start, end]
    }
    visitBytesFields(bytes, note)
    return last === undefined ? undefined : bytes.subarray(...last)
  })

/** The numbers of the fields of type `bytes`, `string` or message that a message has; none when it is no protobuf message. */
export const bytesFieldNumbers = (bytes: Uint8Array): ReadonlyArray<number> =>
  unlessMalformed(() => {
    const numbers = new Set<number>()
    visitBytesFields(bytes, number => void numbers.add(number))
    return [...numbers]
  }) ?? []

const varint = (value: number): ReadonlyArray<number> =>
  value < 0x80 ? [value] : [(value % 0x80) + 0x80, ...varint(Math.floor(value / 0x80))]

/** The message with one more field of type `bytes`, `string` or message; a value that it had before no longer counts. */
export const withBytesField = (message: Uint8Array, field: number, value: Uint8Array): Uint8Array =>
  Buffer.concat([
    message,
    Uint8Array.from([...varint(field * 8 + LENGTH_DELIMITED), ...varint(value.length)]),
    value
  ])
