// Reads single fields of an encoded protobuf message, for what the domain needs without the generated classes.

const VARINT = 0
const FIXED_64 = 1
const LENGTH_DELIMITED = 2
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

/** The position after a value that is not length-delimited. */
const skipValue = (bytes: Uint8Array, wireType: number, from: number): number => {
  if (wireType === VARINT) return readVarint(bytes, from).next
  if (wireType === FIXED_64) return from + 8
  if (wireType === FIXED_32) return from + 4
  throw new Malformed()
}

const readField = (bytes: Uint8Array, wanted: number): ReadonlyArray<Uint8Array> => {
  const values: Array<Uint8Array> = []
  let position = 0
  while (position < bytes.length) {
    const { next, value: tag } = readVarint(bytes, position)
    const wireType = tag % 8
    if (wireType === LENGTH_DELIMITED) {
      const { next: start, value: length } = readVarint(bytes, next)
      position = start + length
      if (position > bytes.length) throw new Malformed()
      if (Math.floor(tag / 8) === wanted) values.push(bytes.subarray(start, position))
    } else {
      position = skipValue(bytes, wireType, next)
    }
  }
  return values
}

const readVarints = (bytes: Uint8Array, wanted: number): ReadonlyArray<number> => {
  const values: Array<number> = []
  let position = 0
  while (position < bytes.length) {
    const { next, value: tag } = readVarint(bytes, position)
    const wireType = tag % 8
    if (wireType === VARINT && Math.floor(tag / 8) === wanted) values.push(readVarint(bytes, next).value)
    if (wireType === LENGTH_DELIMITED) {
      const { next: start, value: length } = readVarint(bytes, next)
      position = start + length
      if (position > bytes.length) throw new Malformed()
    } else {
      position = skipValue(bytes, wireType, next)
    }
  }
  return values
}

/** All values of a field of type `bytes`, `string` or message; `undefined` when the bytes are no protobuf message. */
export const bytesFields = (bytes: Uint8Array, field: number): ReadonlyArray<Uint8Array> | undefined => {
  try {
    return readField(bytes, field)
  } catch (cause) {
    if (cause instanceof Malformed) return undefined
    throw cause
  }
}

/** The value of a field of an integer or enum type; `undefined` when it is not there, or the bytes are no protobuf message. */
export const varintField = (bytes: Uint8Array, field: number): number | undefined => {
  try {
    return readVarints(bytes, field).at(-1)
  } catch (cause) {
    if (cause instanceof Malformed) return undefined
    throw cause
  }
}

/** The value of a field that is not repeated: of several, protobuf takes the last. */
export const bytesField = (bytes: Uint8Array, field: number): Uint8Array | undefined =>
  bytesFields(bytes, field)?.at(-1)
