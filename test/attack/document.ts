// The operations of the server's OpenAPI document, as an attack needs them.
import type { Operation } from './target.ts'
import type { Schema } from './values.ts'

interface Described {
  readonly parameters?: ReadonlyArray<{ readonly in: string; readonly name: string }>
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> }
  readonly responses: Readonly<Record<string, unknown>>
  readonly security?: ReadonlyArray<unknown>
}

interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

export const readDocument = async (
  url: string
): Promise<{
  readonly operations: ReadonlyArray<Operation>
  readonly schemas: Readonly<Record<string, Schema>>
}> => {
  const response = await fetch(`${url}/openapi.json`)
  // The product's own document, which a test of it checks.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { components, paths } = (await response.json()) as OpenApiDocument
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => operationOf(method, path, described))
  )
  return { operations, schemas: components.schemas }
}

const operationOf = (method: string, path: string, described: Described): Operation => ({
  method: method.toUpperCase(),
  path,
  query: described.parameters?.filter(({ in: where }) => where === 'query').map(({ name }) => name) ?? [],
  body: described.requestBody?.content['application/json']?.schema,
  takesForm: described.requestBody?.content['multipart/form-data'] !== undefined,
  isPublic: (described.security ?? []).length === 0,
  documentedFaults: Object.keys(described.responses)
    .map(Number)
    .filter(status => status > 500)
})
