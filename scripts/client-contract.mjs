// Generates src/client/contract.ts, the types of the client, from the OpenAPI document. Run it after changing the contract; a test
// compares.
import './needs-node.cjs'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const { OpenApi } = await import('effect/http-api')
const { Api } = await import('../src/http/api.ts')

const FILE = join(import.meta.dirname, '..', 'src', 'client', 'contract.ts')

const HEAD = `// The contract of the API as types, and what the client has to know of each operation. Made by \`npm run client\`.
// oxlint-disable max-lines
`

const nameOf = ref => ref.replace('#/components/schemas/', '')
const keyOf = name => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name))
const comment = (text, indent) => (text ? `${indent}/** ${text.replaceAll('*/', '')} */\n` : '')

const objectType = ({ additionalProperties, properties, required = [] }, indent) => {
  if (properties === undefined)
    return `Readonly<Record<string, ${additionalProperties ? typeOf(additionalProperties, indent) : 'unknown'}>>`
  const inner = `${indent}  `
  const fields = Object.entries(properties).map(
    ([name, schema]) =>
      `${comment(schema.description, inner)}${inner}readonly ${keyOf(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema, inner)}\n`
  )
  return `{\n${fields.join('')}${indent}}`
}

/** A schema as a type of TypeScript. */
const typeOf = (schema, indent = '') => {
  if (schema.$ref !== undefined) return nameOf(schema.$ref)
  if (schema.enum !== undefined) return schema.enum.map(value => JSON.stringify(value)).join(' | ')
  if (schema.anyOf !== undefined)
    return [...new Set(schema.anyOf.map(one => typeOf(one, indent)))].join(' | ')
  if (schema.allOf !== undefined && schema.type === undefined)
    return schema.allOf.map(one => typeOf(one, indent)).join(' & ')
  switch (schema.type) {
    case 'object':
      return objectType(schema, indent)
    case 'array':
      return `ReadonlyArray<${typeOf(schema.items ?? {}, indent)}>`
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'null':
      return 'null'
    case 'string':
      return schema.format === 'binary' ? 'Blob' : 'string'
    default:
      return 'unknown'
  }
}

/** What every event has, apart from its type and data. */
const envelopeOf = ({ properties = {}, required = [] }) => {
  const { data, type, ...envelope } = properties
  const isEvent = envelope.specversion !== undefined && data?.$ref !== undefined && type?.enum?.length === 1
  return isEvent ? objectType({ properties: envelope, required }, '') : undefined
}

/** The declared types: what all events have is written once. */
const declarationsOf = schemas => {
  const envelope = Object.values(schemas).map(envelopeOf).find(Boolean)
  const event = `/** What every event has, with its own type and data. */
export type EventOf<Type extends string, Data> = ${envelope.slice(0, -1)}  readonly type: Type
  readonly data: Data
}
`
  return [
    event,
    ...Object.entries(schemas).map(([name, schema]) => {
      const { data, type } = schema.properties ?? {}
      const declared =
        envelopeOf(schema) === envelope ? `EventOf<${typeOf(type)}, ${typeOf(data)}>` : typeOf(schema)
      return `${comment(schema.description, '')}export type ${name} = ${declared}\n`
    })
  ]
}

const JSON_TYPE = 'application/json'

/** What may be sent as the body of an operation. */
const bodyType = content =>
  [
    ...new Set(
      Object.entries(content).map(([type, { schema }]) => {
        if (type === 'multipart/form-data') return 'FormData'
        if (type !== JSON_TYPE) return 'Blob'
        const json = typeOf(schema, '    ')
        return json === 'unknown' ? 'object' : json
      })
    )
  ].join(' | ')

/** The bodies of the responses that are no refusals. */
const answersOf = ({ responses }) =>
  Object.entries(responses).flatMap(([status, { content }]) => (status.startsWith('2') ? [content] : []))

const resultOf = operation => {
  const answers = answersOf(operation)
  if (answers.every(content => content === undefined)) return { kind: 'nothing', type: 'undefined' }
  if (!answers.every(content => content?.[JSON_TYPE] !== undefined))
    return { kind: 'response', type: 'Response' }
  return { kind: 'json', type: answers.map(content => typeOf(content[JSON_TYPE].schema, '    ')).join(' | ') }
}

/** Of a list that is read page by page: its field, the field with the next cursor, and the parameter that takes it. */
const pagesOf = ({ components }, operation) => {
  const ref = answersOf(operation)[0]?.[JSON_TYPE]?.schema.$ref
  const { properties = {} } = (ref && components.schemas[nameOf(ref)]) ?? {}
  const names = operation.parameters.map(({ name }) => name)
  const lists = Object.entries(properties).filter(([, { type }]) => type === 'array')
  const way = [
    ['olderCursor', 'before'],
    ['nextCursor', 'cursor']
  ].find(([field, parameter]) => properties[field] !== undefined && names.includes(parameter))
  return way === undefined || lists.length !== 1
    ? undefined
    : { items: lists[0][0], next: way[0], parameter: way[1], type: typeOf(lists[0][1].items) }
}

const operationsOf = document =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      ...operation
    }))
  )

/** Headers are the client's own business. */
const isNamed = parameter => parameter.in !== 'header'

const typeOfOperation = (document, operation) => {
  const { operationId, parameters, requestBody, summary } = operation
  const lines = [
    ...parameters
      .filter(isNamed)
      .map(
        ({ name, required, schema }) =>
          `${comment(schema.description, '    ')}    readonly ${keyOf(name)}${required ? '' : '?'}: ${typeOf(schema, '    ')}\n`
      ),
    ...(requestBody === undefined
      ? []
      : [`    readonly body${requestBody.required ? '' : '?'}: ${bodyType(requestBody.content)}\n`])
  ]
  const pages = pagesOf(document, operation)
  return `${comment(summary, '  ')}  readonly ${JSON.stringify(operationId)}: {
    readonly input: ${lines.length === 0 ? '{}' : `{\n${lines.join('').replaceAll(/^ {4}/gm, '      ')}    }`}
    readonly result: ${resultOf(operation).type}
    readonly item: ${pages?.type ?? 'never'}
  }
`
}

const factsOf = (document, operation) => {
  const { method, operationId, parameters, path } = operation
  const query = parameters.filter(parameter => parameter.in === 'query').map(({ name }) => name)
  const pages = pagesOf(document, operation)
  const facts = {
    method,
    path,
    query,
    result: resultOf(operation).kind,
    ...(pages && { pages: { items: pages.items, next: pages.next, parameter: pages.parameter } })
  }
  return `  ${JSON.stringify(operationId)}: ${JSON.stringify(facts)}`
}

/** The file as it should be. */
export const written = () => {
  const document = OpenApi.fromApi(Api)
  const operations = operationsOf(document)
  const types = declarationsOf(document.components.schemas)
  return `${HEAD}
${types.join('\n')}
export interface Operations {
${operations.map(operation => typeOfOperation(document, operation)).join('')}}

export const OPERATIONS = {
${operations.map(operation => factsOf(document, operation)).join(',\n')}
} as const
`
}

if (process.argv[1] === import.meta.filename) writeFileSync(FILE, written())
