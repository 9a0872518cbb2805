// Messages of any shape that WhatsApp's protobuf allows: made from its own definition, so that new kinds take part.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import protobuf from 'protobufjs'

const definition = fileURLToPath(
  new URL('../WAProto/WAProto.proto', import.meta.resolve('@whiskeysockets/baileys'))
)
const { root } = protobuf.parse(readFileSync(definition, 'utf8'), { keepCase: true })
root.resolveAll()

const TEXTS = [
  '',
  'Hello',
  '77@lid',
  '491@s.whatsapp.net',
  '490:3@s.whatsapp.net',
  '70@lid',
  '120@g.us',
  'status@broadcast',
  '__proto__',
  'constructor',
  '{"display_text":1}',
  '{"id":{}}',
  '{',
  '\u{1F44B}\uD83D',
  'BEGIN:VCARD\r\nFN:\r\nTEL;waid=1:\r\nTEL',
  'x'.repeat(5000)
]
const NUMBERS = [0, 1, 2, 7, 63, 4096, 2 ** 31 - 1]
const DEEPEST = 6

type Gen = fc.GeneratorValue

const scalar = (g: Gen, type: string): unknown => {
  switch (type) {
    case 'string':
      return g(() => fc.constantFrom(...TEXTS))
    case 'bool':
      return g(() => fc.boolean())
    case 'bytes':
      return Buffer.from(g(() => fc.uint8Array({ maxLength: 40 })))
    case 'double':
    case 'float':
      return g(() => fc.constantFrom(0, 1.5, -90, Number.NaN, Infinity, -Infinity, Number.MAX_VALUE))
    case 'int64':
    case 'uint64':
    case 'sfixed64':
    case 'fixed64':
      return g(() => fc.constantFrom(...NUMBERS, 1_767_225_600, Number.MAX_SAFE_INTEGER, 2 ** 63))
    default:
      return g(() => fc.constantFrom(...NUMBERS))
  }
}

const valueOf = (g: Gen, field: protobuf.Field, depth: number): unknown => {
  const { resolvedType } = field
  if (resolvedType instanceof protobuf.Type) return messageOf(g, resolvedType, depth + 1)
  if (resolvedType instanceof protobuf.Enum) {
    return g(() => fc.constantFrom(...Object.values(resolvedType.values), 99))
  }
  return scalar(g, field.type)
}

const messageOf = (g: Gen, type: protobuf.Type, depth: number): Record<string, unknown> => {
  const message: Record<string, unknown> = {}
  const usable = type.fieldsArray.filter(
    field => !field.map && (depth < DEEPEST || !(field.resolvedType instanceof protobuf.Type))
  )
  if (usable.length === 0) return message
  const many = type.fieldsArray.length > 30 ? 2 : 4
  for (let count = g(() => fc.nat({ max: many })); count > 0; count--) {
    const field = g(() => fc.constantFrom(...usable))
    message[field.name] = field.repeated
      ? Array.from({ length: g(() => fc.nat({ max: 3 })) }, () => valueOf(g, field, depth))
      : valueOf(g, field, depth)
  }
  return message
}

/** The bytes of a random message of a type; `always` are fields that have these values. */
export const randomProtobuf = (g: Gen, typeName: string, always: object = {}): Uint8Array => {
  const type = root.lookupType(typeName)
  return type.encode(type.fromObject({ ...messageOf(g, type, 0), ...always })).finish()
}

/** The fields of `Message` by their names, and their numbers. */
export const messageFieldNumbers: ReadonlyMap<string, number> = new Map(
  root.lookupType('Message').fieldsArray.map(field => [field.name, field.id])
)

/** Each field of `Message` in turn, so that no kind is left to chance. */
export const messageFields = [...messageFieldNumbers.keys()]

/** The types of `ProtocolMessage` by their names, and their numbers. */
export const protocolTypeNumbers: ReadonlyMap<string, number> = new Map(
  Object.entries(root.lookupEnum('Message.ProtocolMessage.Type').values)
)

/** A field that no definition has, of any wire type. */
export const randomUnknownField = (g: Gen): Uint8Array => {
  const field = g(() => fc.constantFrom(17, 108, 200, 4096, 2 ** 28))
  const writer = protobuf.Writer.create()
  const wireType = g(() => fc.constantFrom(0, 1, 2, 3, 5))
  writer.uint32(((field << 3) | wireType) >>> 0)
  if (wireType === 0) return writer.uint64(g(() => fc.constantFrom(...NUMBERS))).finish()
  if (wireType === 1) return writer.fixed64(g(() => fc.nat())).finish()
  if (wireType === 2) return writer.bytes(g(() => fc.uint8Array({ maxLength: 40 }))).finish()
  if (wireType === 5) return writer.fixed32(g(() => fc.nat())).finish()
  return writer
    .uint32(8)
    .uint32(g(() => fc.nat()))
    .uint32(((field << 3) | 4) >>> 0)
    .finish()
}

export const randomMessageOf = (g: Gen, name: string): Uint8Array => {
  const type = root.lookupType('Message')
  const field = type.fields[name]
  return field === undefined
    ? Buffer.alloc(0)
    : randomProtobuf(g, 'Message', { [name]: valueOf(g, field, 0) })
}
