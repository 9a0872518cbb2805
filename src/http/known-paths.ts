// What is known of a path: the methods that it supports, and its name in the log, in which the ids of a request do not stand.
import { Api } from './api.ts'
import { SOCKET_PATH } from './resources/events/socket-path.ts'
import { STREAM_PATH } from './resources/inspector/stream-path.ts'

/** Served outside the contract. */
const PAGES = [
  '/',
  '/console/:file',
  '/docs',
  '/docs/:file',
  '/favicon.ico',
  '/openapi.json',
  '/inspect',
  STREAM_PATH,
  SOCKET_PATH,
  '/events/schemas',
  '/events/schemas/:kind/:version',
  '/link/:ticket'
]

interface KnownPath {
  /** As in the contract: `/v1/accounts/:accountId`. */
  readonly template: string
  readonly path: RegExp
  readonly methods: ReadonlyArray<string>
}

const patternOf = (template: string): RegExp => new RegExp(`^${template.replaceAll(/:\w+/g, '[^/]+')}$`)

const known: ReadonlyArray<KnownPath> = [
  ...Object.values(Api.groups).flatMap(group =>
    Object.values(group.endpoints).map(({ method, path }) => ({
      template: path,
      path: patternOf(path),
      methods: [method]
    }))
  ),
  ...PAGES.map(path => ({ template: path, path: patternOf(path), methods: ['GET'] }))
]

const segmentsOf = (path: string): number => path.split('/').length

/** A parameter is one segment: only paths with as many are looked at. */
const knownBySegments = Map.groupBy(known, ({ template }) => segmentsOf(template))

const knownFor = (url: string): ReadonlyArray<KnownPath> => {
  const [path = ''] = url.split('?')
  return (knownBySegments.get(segmentsOf(path)) ?? []).filter(one => one.path.test(path))
}

/** The methods of the path in a request's URL (with or without a query); empty when there is no such path. */
export const allowedMethods = (url: string): ReadonlyArray<string> =>
  knownFor(url).flatMap(({ methods }) => methods)

/** The path of a request as the contract writes it; `undefined` for those that it does not have. */
export const routeOf = (url: string): string | undefined => {
  const templates = knownFor(url).map(({ template }) => template)
  // One without a parameter is meant where both fit.
  return templates.find(template => !template.includes(':')) ?? templates[0]
}
