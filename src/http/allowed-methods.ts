// Which methods a path supports: a request with another method is answered with 405 instead of 404.
import { Api } from './api.ts'

/** Served outside the contract. */
const PAGES = ['/', '/docs', '/openapi.json', '/inspect', '/inspect/stream', '/link/{ticket}']

interface KnownPath {
  readonly path: RegExp
  readonly methods: ReadonlyArray<string>
}

const patternOf = (template: string): RegExp => new RegExp(`^${template.replaceAll(/:\w+/g, '[^/]+')}$`)

const known: ReadonlyArray<KnownPath> = [
  ...Object.values(Api.groups).flatMap(group =>
    Object.values(group.endpoints).map(({ method, path }) => ({ path: patternOf(path), methods: [method] }))
  ),
  ...PAGES.map(path => ({ path: patternOf(path), methods: ['GET'] }))
]

/** The methods of the path in a request's URL (with or without a query); empty when there is no such path. */
export const allowedMethods = (url: string): ReadonlyArray<string> => {
  const [path = ''] = url.split('?')
  return known.filter(one => one.path.test(path)).flatMap(({ methods }) => methods)
}
