// The API reference at /docs, made from the contract: a small page, and its two scripts, which browsers keep.
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { Effect, Layer, Scope } from 'effect'
import { HttpRouter, HttpServerResponse } from 'effect/http'
import { HttpApiScalar } from 'effect/http-api'
import { Api } from './api.ts'
import { contentSecurityPolicy } from './page-headers.ts'
import { LASTING, served, type StaticFile } from './static-file.ts'

/** Their styles are made by the scripts. */
const POLICY = contentSecurityPolicy({
  'script-src': "'self'",
  'style-src': "'unsafe-inline'",
  'img-src': "'self' data: blob:",
  'font-src': 'data:',
  // "Test request" asks this server.
  'connect-src': "'self'"
})

const SCALAR = {
  // The fonts of the system instead of some from elsewhere.
  withDefaultFonts: false,
  // Buttons that send the document to Scalar's servers, or lead there.
  showDeveloperTools: 'never',
  hideClientButton: true,
  telemetry: false,
  authentication: { preferredSecurityScheme: 'bearer' }
}

const FOLDER = '/docs'
const CONTAINER = '<div id="api-reference-container">'

/**
 * Scalar works for some seconds, whatever the document says, before it shows anything, and nothing else is drawn by its thread then. The
 * bar moves without that thread.
 */
const MEANWHILE = `${CONTAINER}
      <style>
        :root { color-scheme: light dark }
        .opening { margin: 30vh auto 0; width: min(20rem, 80vw); font: 1rem/1.5 system-ui, sans-serif; text-align: center; text-wrap: balance }
        .opening i { display: block; height: 4px; border-radius: 2px; overflow: hidden; background: #8884 }
        .opening i::before { content: ''; display: block; width: 40%; height: 100%; border-radius: 2px; background: currentColor; animation: opening 1.4s ease-in-out infinite alternate }
        @media (prefers-reduced-motion: reduce) { .opening i::before { animation: none } }
        @keyframes opening { to { transform: translateX(150%) } }
      </style>
      <div class="opening" role="status"><p>The API reference is being opened. This takes a few seconds.</p><i></i></div>`

interface Reference {
  readonly page: StaticFile
  /** By name, which carries the hash of the content. */
  readonly scripts: ReadonlyMap<string, StaticFile>
}

const zipped = promisify(gzip)

const fileOf = async (type: string, text: string): Promise<StaticFile> => {
  const plain = Buffer.from(text)
  return { type, plain, compressed: [['gzip', await zipped(plain)]] }
}

const nameOf = (script: string): string =>
  `reference-${createHash('sha256').update(script).digest('hex').slice(0, 16)}.js`

/** Of the page that comes with its scripts within it: three megabytes, which would have to come and be compiled each time. */
const separated = async (html: string): Promise<Reference> => {
  const scripts = [...html.matchAll(/<script>([^]*?)<\/script>/g)].map(([, script = '']) => script)
  const links = scripts.map(script => `<script defer src="${FOLDER}/${nameOf(script)}"></script>`).join('\n')
  const head = html
    .slice(0, html.indexOf('<script>'))
    .replace('<html>', '<html lang="en">')
    .replace('</title>', '</title>\n    <link rel="icon" href="/favicon.ico" />')
    .replace(CONTAINER, MEANWHILE)
  const files = await Promise.all(
    scripts.map(
      async script => [nameOf(script), await fileOf('text/javascript; charset=utf-8', script)] as const
    )
  )
  return {
    page: await fileOf('text/html; charset=utf-8', `${head}${links}\n  </body>\n</html>\n`),
    scripts: new Map(files)
  }
}

const textOf = ({ body }: HttpServerResponse.HttpServerResponse): string =>
  body._tag === 'Uint8Array' ? Buffer.from(body.body).toString() : ''

/** Made on the first request: few servers are ever asked for it, and loading its three megabytes is a sixth of what a start takes. */
export const docsLayer = Layer.unwrap(
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const routes = HttpApiScalar.layer(Api, { path: FOLDER, scalar: SCALAR })
    const answer = Effect.flatten(HttpRouter.toHttpEffect(routes).pipe(Scope.provide(scope)))
    const reference = yield* answer.pipe(
      Effect.flatMap(response => Effect.promise(() => separated(textOf(response)))),
      Effect.uninterruptible,
      Effect.cached
    )
    const page = Effect.flatMap(reference, ({ page: file }) =>
      served(file, { 'content-security-policy': POLICY, 'cache-control': 'no-cache' })
    )
    const script = Effect.gen(function* () {
      const { file = '' } = yield* HttpRouter.params
      const found = (yield* reference).scripts.get(file)
      return found === undefined
        ? HttpServerResponse.empty({ status: 404 })
        : yield* served(found, { 'cache-control': LASTING })
    })
    return Layer.mergeAll(
      HttpRouter.add('GET', FOLDER, page),
      HttpRouter.add('GET', `${FOLDER}/:file`, script)
    )
  })
)
