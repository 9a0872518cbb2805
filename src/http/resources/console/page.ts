// The console's page and the files that it needs, as scripts/console.mjs built them. They contain no data and no secret; the page
// asks its user for a key.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { Layer } from 'effect'
import { HttpRouter, HttpServerResponse } from 'effect/http'
import { contentSecurityPolicy } from '../../page-headers.ts'
import { LASTING, served, type StaticFile } from '../../static-file.ts'

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

const readFile = (folder: string, name: string): StaticFile => ({
  type: TYPES[extname(name)] ?? 'application/octet-stream',
  plain: readFileSync(join(folder, name)),
  compressed: ENCODINGS.flatMap(([encoding, ending]) => {
    const file = join(folder, name + ending)
    return existsSync(file) ? [[encoding, readFileSync(file)] as const] : []
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
    // What browsers ask for beside pages that name no icon.
    HttpRouter.add(
      'GET',
      '/favicon.ico',
      served(readFile(folder, 'icon.svg'), { 'cache-control': 'no-cache' })
    ),
    ...filesOf(folder).map(name =>
      HttpRouter.add(
        'GET',
        `/console/${name}`,
        served(readFile(folder, name), {
          'cache-control': isLasting(name) ? LASTING : 'no-cache'
        })
      )
    )
  )

/** Read when the server starts: a folder that is built anew meanwhile changes nothing. */
export const consoleLayer = Layer.suspend(() => {
  const folder = FOLDERS.find(one => existsSync(join(one, 'index.html')))
  return folder === undefined ? HttpRouter.add('GET', '/', NOT_BUILT) : pageFrom(folder)
})
