// The OpenAPI document as generators and linters take it: what the contract alone cannot say. Responses are open, so that no client
// breaks on a new field; requests stay closed, because the server refuses unknown fields.
import { EXAMPLES } from './examples.ts'
import {
  isObject,
  type Json,
  type JsonObject,
  jsonOf,
  objectIn,
  opened,
  rewrite,
  simplified
} from './json-schema.ts'
import { PROBLEMS } from './problem-codes.ts'
import { TAGS } from './tags.ts'

const SCHEMAS = '#/components/schemas/'
const JSON_TYPE = 'application/json'

/** The names of the schemas that a part of the document refers to, and those that these refer to. */
const reached = (schemas: JsonObject, from: Json, seen = new Set<string>()): ReadonlySet<string> => {
  rewrite(from, object => {
    const ref = object['$ref']
    const name = typeof ref === 'string' && ref.startsWith(SCHEMAS) ? ref.slice(SCHEMAS.length) : undefined
    const schema = name === undefined ? undefined : schemas[name]
    if (name !== undefined && schema !== undefined && !seen.has(name)) {
      seen.add(name)
      reached(schemas, schema, seen)
    }
    return object
  })
  return seen
}

const mapValues = (object: JsonObject, change: (value: Json, key: string) => Json): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]))

/** Changes each operation of the document. */
const mapOperations = (paths: JsonObject, change: (operation: JsonObject) => JsonObject): JsonObject =>
  mapValues(paths, methods =>
    mapValues(objectIn(methods), operation => (isObject(operation) ? change(operation) : operation))
  )

/** Texts of a query or a form that are numbers or switches. */
const typed = (object: JsonObject): JsonObject => {
  const { enum: values, format, type, ...rest } = object
  if (type === 'string' && format === 'integer') return { type: 'integer', ...rest }
  return JSON.stringify(values) === '["true","false"]' ? { type: 'boolean', ...rest } : object
}

const withTypedTexts = (operation: JsonObject): JsonObject => ({
  ...operation,
  parameters: rewrite(operation['parameters'] ?? [], typed)
})

/** A body that may be left out: the contract says so with `null`. */
const withOptionalBody = (operation: JsonObject): JsonObject => {
  const body = objectIn(operation['requestBody'])
  const content = objectIn(body, 'content')
  const { anyOf } = objectIn(content, JSON_TYPE, 'schema')
  const given = Array.isArray(anyOf) ? anyOf.filter(one => objectIn(one)['type'] !== 'null') : []
  const [schema, ...others] = given
  if (schema === undefined || others.length > 0 || !Array.isArray(anyOf) || anyOf.length === 1)
    return operation
  return {
    ...operation,
    requestBody: { ...body, content: { ...content, [JSON_TYPE]: { schema } }, required: false }
  }
}

/** `NotFoundEncoded`, the encoded side of a class, is the problem as it is sent. */
const problemName = (name: string): string => name.replace(/Encoded$/, 'Problem')

const withProblemNames = (document: Json): Json =>
  rewrite(document, object => {
    const ref = object['$ref']
    return typeof ref === 'string' ? { ...object, $ref: problemName(ref) } : object
  })

/** Any problem, also those of requests that come to no endpoint. */
const PROBLEM: JsonObject = {
  type: 'object',
  description: 'A refusal (RFC 9457). Some codes have more fields; docs/errors.md tells of each.',
  properties: {
    type: { type: 'string', description: 'The code as a URN' },
    status: { type: 'integer' },
    title: { type: 'string' },
    code: {
      type: 'string',
      description: `What is wrong, for programs. New codes are added: ${Object.keys(PROBLEMS).join(', ')}`
    },
    detail: { type: 'string', description: 'What is wrong with this request and what to do' }
  },
  required: ['type', 'status', 'title', 'code'],
  examples: [
    {
      type: 'urn:backscroll:problem:not-found',
      ...PROBLEMS['not-found'],
      code: 'not-found',
      detail: 'There is no account acc-0'
    }
  ]
}

const PROBLEM_RESPONSE: JsonObject = {
  description: 'Any other refusal',
  content: { 'application/problem+json': { schema: { $ref: `${SCHEMAS}Problem` } } }
}

/** Opens what responses have; a schema that requests have too would have to be both. */
const withOpenResponses = (schemas: JsonObject, paths: JsonObject) => {
  const responses = Object.values(paths).flatMap(methods =>
    Object.values(objectIn(methods)).map(operation => objectIn(operation, 'responses'))
  )
  // Events come by streams and webhooks, which are no responses of the document.
  const names = reached(schemas, [...responses, { $ref: `${SCHEMAS}Event` }])
  return {
    schemas: mapValues(schemas, (schema, name) => (names.has(name) ? rewrite(schema, opened) : schema)),
    paths: mapOperations(paths, operation => ({
      ...operation,
      responses: { ...objectIn(rewrite(operation['responses'] ?? {}, opened)), default: PROBLEM_RESPONSE }
    }))
  }
}

/** The schema with an example, where there is one. */
const withExample = (schema: Json, name: string): Json => {
  const example = Object.entries(EXAMPLES).find(([of]) => of === name)?.[1]
  return example === undefined ? schema : { ...objectIn(schema), examples: [jsonOf(example)] }
}

/** Groups and names come from the contract. */
const described = (tag: Json): Json => {
  const name = objectIn(tag)['name']
  const description = Object.entries(TAGS).find(([of]) => of === name)?.[1]
  return description === undefined ? tag : { ...objectIn(tag), description }
}

/** What this server sends to the URL of a webhook, in its own format. */
const DELIVERY: JsonObject = {
  post: {
    operationId: 'webhooks.delivery',
    tags: ['webhooks'],
    summary: 'An event is delivered',
    description:
      'To the URL of each webhook that wants it, signed by Standard Webhooks. docs/webhooks.md tells of order, repetitions and batches.',
    security: [],
    requestBody: {
      required: true,
      content: { 'application/cloudevents+json': { schema: { $ref: `${SCHEMAS}Event` } } }
    },
    responses: {
      '2XX': { description: 'Taken' },
      '410': { description: 'Gone: the webhook is disabled' }
    }
  }
}

/** Finishes the document that Effect makes of the contract. */
export const finishDocument = (made: object): Record<string, unknown> => {
  const document = objectIn(rewrite(withProblemNames(jsonOf(made)), simplified))
  const components = objectIn(document['components'])
  const named = Object.fromEntries(
    Object.entries(objectIn(components, 'schemas')).map(([name, schema]) => [
      problemName(name),
      withExample(name.endsWith('Form') ? rewrite(schema, typed) : schema, name)
    ])
  )
  const { paths, schemas } = withOpenResponses(
    { ...named, Problem: PROBLEM },
    mapOperations(objectIn(document['paths']), operation => withOptionalBody(withTypedTexts(operation)))
  )
  const tags = document['tags']
  return {
    ...document,
    info: { ...objectIn(document['info']), license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/', description: 'This server' }],
    tags: Array.isArray(tags) ? tags.map(described) : [],
    paths,
    webhooks: { event: DELIVERY },
    components: { ...components, schemas }
  }
}
