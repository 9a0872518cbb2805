// What is said of a request that is not as the contract says.
import { Schema } from 'effect'
import { HttpApi, type HttpApiEndpoint, OpenApi } from 'effect/http-api'
import { expect, test } from 'vitest'
import { Api } from '../../src/http/api.ts'
import { problemOf } from '../../src/http/validation.ts'

interface Part {
  readonly [key: string]: unknown
}
const { components } = OpenApi.fromApi(Api) as unknown as {
  components: { schemas: Readonly<Record<string, Part>> }
}
const schemaNames = Object.keys(components.schemas).filter(name => /^[A-Z]/.test(name))

const bodies: Array<readonly [path: string, schema: Schema.Top]> = []
HttpApi.reflect(Api, {
  onGroup: () => undefined,
  onEndpoint: ({ endpoint }: { readonly endpoint: HttpApiEndpoint.Top }) => {
    for (const { encoding, schemas } of endpoint.payload.values())
      if (encoding._tag === 'Json')
        for (const schema of schemas) bodies.push([`${endpoint.method} ${endpoint.path}`, schema])
  }
})

const messagesFor = (schema: Schema.Top, body: unknown): ReadonlyArray<string> => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const decode = Schema.decodeUnknownResult(schema as Schema.Codec<unknown>, { onExcessProperty: 'error' })
  const result = decode(body)
  if (result._tag === 'Success') return []
  const { detail, errors } = problemOf('payload', result.failure.issue)
  return [detail ?? '', ...errors.map(({ message }) => message)]
}

/** The fields of a body, and of what is in them. */
const fieldsOf = (name: string): ReadonlyArray<string> =>
  Object.keys((components.schemas[name]?.['properties'] ?? {}) as Part)
const allFields = [...new Set(schemaNames.flatMap(fieldsOf))]

const WRONG = [undefined, null, 5, 'x', true, [], {}, [5], [{}], { x: 1 }]

test('no problem names a schema of ours, whatever is sent', () => {
  expect(bodies.length).toBeGreaterThan(15)
  const names = new RegExp(`\\b(${schemaNames.join('|')})\\b`)
  const told = bodies.flatMap(([path, schema]) =>
    [...WRONG, ...allFields.flatMap(field => [null, 5, {}, [{}]].map(value => ({ [field]: value })))].flatMap(
      body => messagesFor(schema, body).map(message => `${path}: ${message}`)
    )
  )
  expect(told.length).toBeGreaterThan(1000)
  expect(told.filter(line => names.test(line.replace(/^.*?: /, '')))).toEqual([])
})
