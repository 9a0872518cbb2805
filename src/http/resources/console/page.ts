// The console's page and the files that it needs, as scripts/console.mjs built them. They contain no data and no secret; the page
// asks its user for a key.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { Effect, Layer } from 'effect'
import { HttpRouter, HttpServerRequest, HttpServerResponse } from 'effect/http'
import { contentSecurityPolicy } from '../../page-headers.ts'

/** Beside the bundle of the server, or from its sources. */
const FOLDERS = [
  join(import.meta.dirname, 'console'),
  join(import.meta.dirname, '..', '..', '..', '..', 'build', 'console')
]

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8'
}

const POLICY = contentSecurityPolicy({
  'script-src': "'self'",
  'style-src': "'self'",
  'font-src': "'self'",
  'connect-src': "'self'",
  // Received files are fetched with the key, and shown from memory.
  'img-src': "'self' blob:",
  'media-src': 'blob:',
  'require-trusted-types-for': "'script'",
  'trusted-types': "'none'"
})

/** As scripts/console.mjs compresses it, best first. */
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz']
] as const

/** One file, with what is known of its compressed forms. */
interface ConsoleFile {
  readonly type: string
  readonly plain: Uint8Array
  readonly compressed: ReadonlyArray<readonly [encoding: string, content: Uint8Array]>
}

const readFile = (folder: string, name: string): ConsoleFile => ({
  type: TYPES[extname(name)] ?? 'application/octet-stream',
  plain: readFileSync(join(folder, name)),
  compressed: ENCODINGS.flatMap(([encoding, ending]) => {
    const file = join(folder, name + ending)
    return existsSync(file) ? [[encoding, readFileSync(file)] as const] : []
  })
})

const acceptable = (accepted: string): ReadonlySet<string> =>
  new Set(
    accepted
      .split(',')
      .filter(part => !/;\s*q=0(\.0*)?\s*$/.test(part))
      .map(part => part.split(';')[0]?.trim() ?? '')
  )

const served = ({ compressed, plain, type }: ConsoleFile, headers: Readonly<Record<string, string>>) =>
  Effect.map(HttpServerRequest.HttpServerRequest, ({ headers: asked }) => {
    const accepted = acceptable(asked['accept-encoding'] ?? '')
    const found = compressed.find(([encoding]) => accepted.has(encoding))
    return HttpServerResponse.uint8Array(found?.[1] ?? plain, {
      contentType: type,
      headers: {
        ...headers,
        vary: 'accept-encoding',
        ...(found === undefined ? {} : { 'content-encoding': found[0] })
      }
    })
  })

const NOT_BUILT = HttpServerResponse.text(
  'The console is not built. In the folder of the project: node scripts/console.mjs\nThe API is described at /docs.\n',
  { status: 404, contentType: 'text/plain; charset=utf-8' }
)

/** Names in /console carry the hash of their content, but for these. */
const isLasting = (name: string): boolean => /-[\w-]{6,}\.\w+$/.test(name)

const filesOf = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder).filter(name => !name.startsWith('.') && !/\.(br|gz|html)$/.test(name))

const pageFrom = (folder: string) =>
  Layer.mergeAll(
    HttpRouter.add(
      'GET',
      '/',
      served(readFile(folder, 'index.html'), {
        'content-security-policy': POLICY,
        'cache-control': 'no-cache'
      })
    ),
    ...filesOf(folder).map(name =>
      HttpRouter.add(
        'GET',
        `/console/${name}`,
        served(readFile(folder, name), {
          'cache-control': isLasting(name) ? 'public, max-age=31536000, immutable' : 'no-cache'
        })
      )
    )
  )

/** Read when the server starts: a folder that is built anew meanwhile changes nothing. */
export const consoleLayer = Layer.suspend(() => {
  const folder = FOLDERS.find(one => existsSync(join(one, 'index.html')))
  return folder === undefined ? HttpRouter.add('GET', '/', NOT_BUILT) : pageFrom(folder)
})
