// JSON Schemas of what is published: open, so that no client breaks on a new field, and with whole numbers as integers.
import { Schema } from 'effect'

export type Json = Schema.Json
export interface JsonObject {
  readonly [key: string]: Json
}
const decodeJson = Schema.decodeUnknownSync(Schema.Json)

/** What is JSON once it is written. */
export const jsonOf = (value: object): Json => decodeJson(JSON.parse(JSON.stringify(value)))

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const objectIn = (value: Json | undefined, ...keys: ReadonlyArray<string>): JsonObject => {
  const [key, ...rest] = keys
  const inner = isObject(value) ? value : {}
  return key === undefined ? inner : objectIn(inner[key], ...rest)
}

/** The value with every object in it replaced, from within. */
export const rewrite = (value: Json, change: (object: JsonObject) => JsonObject): Json => {
  if (Array.isArray(value)) return value.map((item: Json) => rewrite(item, change))
  if (!isObject(value)) return value
  return change(
    Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rewrite(inner, change)]))
  )
}

/** Without a word about further fields. */
export const opened = ({ additionalProperties, ...object }: JsonObject): JsonObject =>
  additionalProperties === undefined || additionalProperties === false
    ? object
    : { ...object, additionalProperties }

/** A union of one is that one, and a choice of whole numbers is an integer. */
export const simplified = (object: JsonObject): JsonObject => {
  const { anyOf, ...rest } = object
  if (Array.isArray(anyOf) && anyOf.length === 1) return { ...objectIn(anyOf[0]), ...rest }
  const { enum: values, type } = object
  return type === 'number' && Array.isArray(values) && values.every(Number.isInteger)
    ? { ...object, type: 'integer' }
    : object
}

/** The JSON Schema of a part of the contract. */
export const publishedSchema = (schema: Schema.Top): JsonObject => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema)
  const published = (value: object) => objectIn(rewrite(jsonOf(value), object => opened(simplified(object))))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...published(root),
    $defs: published(definitions)
  }
}
