// How the OpenAPI document tells of the headers that may have the key. The contract's middleware knows one scheme: with several, each
// would be tried in turn, and a refusal would be that of the last one.
interface Document extends Record<string, unknown> {
  readonly components?: { readonly securitySchemes?: object }
}

const SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A key, or a Firebase ID token' },
  xApiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'The same key' },
  apikey: { type: 'apiKey', in: 'header', name: 'apikey', description: 'The same key' }
}

/** What is asked of an operation: one of them. */
const ANY = Object.keys(SCHEMES).map(name => ({ [name]: [] }))

const isBearer = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 1 && JSON.stringify(value) === '[{"bearer":[]}]'

/** Every operation that wants a bearer token takes the other headers, too. */
export const withSecuritySchemes = (document: Document): Record<string, unknown> => {
  const operations: unknown = JSON.parse(JSON.stringify(document), (key, value: unknown) =>
    key === 'security' && isBearer(value) ? ANY : value
  )
  return { ...(operations as Document), components: { ...document.components, securitySchemes: SCHEMES } }
}
