// Which methods a path knows: who asks with another one is told so, and not that there is nothing.
import { OpenApi } from 'effect/http-api'
import { Api } from './api.ts'

/** What is served beside the contract. */
const PAGES = ['/', '/docs', '/openapi.json', '/inspect', '/inspect/stream']

interface Known {
  readonly path: RegExp
  readonly methods: ReadonlyArray<string>
}

const patternOf = (template: string): RegExp => new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`)

const known: ReadonlyArray<Known> = [
  ...Object.entries(OpenApi.fromApi(Api).paths).map(([template, methods]) => ({
    path: patternOf(template),
    methods: Object.keys(methods).map(method => method.toUpperCase())
  })),
  ...PAGES.map(path => ({ path: patternOf(path), methods: ['GET'] }))
]

/** The methods that a request's address (with or without a query) knows; none where there is nothing. */
export const allowedMethods = (address: string): ReadonlyArray<string> => {
  const [path = ''] = address.split('?')
  return known.filter(one => one.path.test(path)).flatMap(({ methods }) => methods)
}
