// The OpenAPI document as generators and linters need it.
import { Schema } from 'effect'
import { OpenApi } from 'effect/http-api'
import { describe, expect, test } from 'vitest'
import { Contact } from '../../src/domain/contact.ts'
import { Incident } from '../../src/domain/incident.ts'
import { Message } from '../../src/domain/message.ts'
import { OutboxEntry } from '../../src/domain/outbox.ts'
import { Thread } from '../../src/domain/thread.ts'
import { Api } from '../../src/http/api.ts'
import { EXAMPLES } from '../../src/http/examples.ts'
import { PROBLEMS } from '../../src/http/problem-codes.ts'
import { SendRequest } from '../../src/services/outbox/request.ts'

interface Part {
  readonly [key: string]: unknown
}

const document = OpenApi.fromApi(Api) as unknown as Part & {
  readonly tags: ReadonlyArray<Part>
  readonly servers: ReadonlyArray<Part>
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Part>> }
}

interface Operation extends Part {
  readonly operationId: string
  readonly parameters: ReadonlyArray<
    Part & { readonly name: string; readonly in: string; readonly schema: Part }
  >
  readonly requestBody?: Part
  readonly responses: Readonly<
    Record<string, Part & { readonly content?: Readonly<Record<string, { schema: Part }>> }>
  >
}

const operations = Object.values(document.paths).flatMap(methods => Object.values(methods))
const { schemas } = document.components

const isPart = (value: unknown): value is Part => typeof value === 'object' && value !== null

/** Every object in a part of the document, with where it is. */
const partsIn = (value: unknown, path = ''): ReadonlyArray<readonly [path: string, part: Part]> =>
  isPart(value)
    ? [
        ...(Array.isArray(value) ? [] : [[path, value] as const]),
        ...Object.entries(value).flatMap(([key, inner]) => partsIn(inner, `${path}/${key}`))
      ]
    : []

const nameIn = (ref: unknown): string | undefined =>
  typeof ref === 'string' ? ref.replace('#/components/schemas/', '') : undefined

/** The names of the schemas that something refers to, directly or not. */
const reachedFrom = (from: unknown, names = new Set<string>()): ReadonlySet<string> => {
  for (const [, part] of partsIn(from)) {
    const name = nameIn(part['$ref'])
    if (name === undefined || names.has(name)) continue
    names.add(name)
    reachedFrom(schemas[name], names)
  }
  return names
}

const ofResponses = reachedFrom(operations.map(({ responses }) => responses))
const ofRequests = reachedFrom(operations.map(({ requestBody }) => requestBody))
const partsOf = (names: ReadonlySet<string>) => [...names].flatMap(name => partsIn(schemas[name], name))

describe('schemas', () => {
  test('every response and every JSON body is a named one, and every reference leads to a schema', () => {
    const inline = operations.flatMap(({ operationId, requestBody, responses }) =>
      [...Object.values(responses).map(({ content }) => content), requestBody?.['content']]
        .flatMap(content => Object.entries(content ?? {}))
        .filter(
          ([type, { schema }]) =>
            type.endsWith('json') && (schema.type === 'object' || schema.properties !== undefined)
        )
        .map(([type]) => `${operationId} ${type}`)
    )
    expect(inline).toEqual([])
    for (const name of [
      'Account',
      'Message',
      'Thread',
      'OutboxEntry',
      'Incident',
      'Receipt',
      'Label',
      'Key',
      'Problem'
    ])
      expect(schemas).toHaveProperty(name)
    for (const [path, part] of partsIn(document))
      if (part['$ref'] !== undefined) expect(schemas, path).toHaveProperty(nameIn(part['$ref']) ?? '')
    expect(Object.keys(schemas).filter(name => name.includes('Encoded'))).toEqual([])
  })

  test('responses may get new fields; requests with unknown fields are refused; no schema is of both', () => {
    const closed = (names: ReadonlySet<string>) =>
      partsOf(names).flatMap(([path, part]) => (part['additionalProperties'] === false ? [path] : []))
    expect(closed(ofResponses)).toEqual([])
    const open = partsOf(ofRequests).filter(
      ([, part]) => part['properties'] !== undefined && part['additionalProperties'] === undefined
    )
    expect(open).toEqual([])
    const both = [...ofRequests].filter(name => ofResponses.has(name) && schemas[name]?.['type'] === 'object')
    expect(both).toEqual([])
  })

  test('what is counted or is a time is an integer', () => {
    const numbers = partsOf(ofResponses).flatMap(([path, part]) => (part['type'] === 'number' ? [path] : []))
    expect(numbers.filter(path => !/\/(latitude|longitude)$/.test(path))).toEqual([])
  })

  test('each example is what the server takes and answers', () => {
    for (const [name, schema] of Object.entries({
      Message,
      Thread,
      OutboxEntry,
      Incident,
      Contact,
      SendRequest
    }))
      expect(
        Schema.decodeUnknownSync(schema)(Object.entries(EXAMPLES).find(([of]) => of === name)?.[1], {
          onExcessProperty: 'error'
        })
      ).toBeDefined()
    for (const name of Object.keys(EXAMPLES)) expect(schemas[name]).toHaveProperty('examples')
  })
})

describe('operations', () => {
  test('each has an id of its own, words, and a group that is described', () => {
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    const groups = document.tags.map(({ name, description }) => {
      expect(description, String(name)).toMatch(/.{10,}\.$/)
      return name
    })
    for (const { operationId, summary, tags } of operations) {
      expect(summary, operationId).toMatch(/^[A-Z]/)
      expect(groups).toEqual(expect.arrayContaining(tags as Array<string>))
    }
    expect(document.servers).toEqual([{ url: '/', description: expect.any(String) }])
  })

  test('a body of which nothing is required may be left out, any other may not', () => {
    const bodies = operations.flatMap(({ operationId, requestBody }) => {
      const content = requestBody?.['content'] as Readonly<Record<string, { schema: Part }>> | undefined
      // A message has one of several things.
      const json = operationId === 'outbox.send' ? undefined : content?.['application/json']?.schema
      const schema = schemas[nameIn(json?.['$ref']) ?? '']
      return schema === undefined
        ? []
        : [{ operationId, isRequired: requestBody?.['required'], fields: schema['required'] }]
    })
    expect(bodies.length).toBeGreaterThan(15)
    expect(bodies.filter(({ fields, isRequired }) => isRequired !== (fields !== undefined))).toEqual([])
    expect(bodies.map(({ operationId, isRequired }) => isRequired || operationId)).toContain(
      'webhooks.renewSecret'
    )
  })

  test('limits say what may be asked for, and switches are booleans', () => {
    const limits = operations.flatMap(({ parameters }) => parameters.filter(({ name }) => name === 'limit'))
    expect(limits.length).toBeGreaterThan(5)
    for (const { schema } of limits)
      expect(schema).toMatchObject({ type: 'integer', minimum: 1, maximum: expect.any(Number) })
    const parameters = operations.flatMap(operation => operation.parameters)
    expect(JSON.stringify(parameters)).not.toContain('"true"')
    expect(parameters.find(({ name }) => name === 'archived')?.schema).toEqual({ type: 'boolean' })
    expect(parameters.find(({ name }) => name === 'timeout')?.schema).toMatchObject({
      type: 'string',
      pattern: String.raw`^\d{1,6}(ms|s|m)$`
    })
  })

  test('each names its refusals, and tells that there may be others', () => {
    for (const { operationId, responses } of operations) {
      const refusals = Object.entries(responses).filter(([status]) => !status.startsWith('2'))
      expect(refusals.length, operationId).toBeGreaterThan(1)
      for (const [status, { content }] of refusals) {
        const names = partsIn(content).flatMap(([, part]) => nameIn(part['$ref']) ?? [])
        expect(names.length, `${operationId} ${status}`).toBeGreaterThan(0)
        for (const name of names) expect(name).toMatch(/Problem$/)
      }
      expect(responses).toHaveProperty('default')
    }
    for (const [name, { properties }] of Object.entries(schemas)) {
      if (!name.endsWith('Problem') || name === 'Problem') continue
      const { code, type } = properties as Record<string, { enum: ReadonlyArray<string> }>
      expect(Object.keys(PROBLEMS)).toContain(code?.enum[0])
      expect(type?.enum).toEqual([`urn:backscroll:problem:${code?.enum[0]}`])
    }
  })
})

test('what is sent to webhooks is described, so that every type of event is in use', () => {
  const { webhooks } = OpenApi.fromApi(Api) as unknown as { readonly webhooks: unknown }
  expect(webhooks).toMatchObject({
    event: {
      post: {
        requestBody: {
          content: { 'application/cloudevents+json': { schema: { $ref: '#/components/schemas/Event' } } }
        }
      }
    }
  })
})
