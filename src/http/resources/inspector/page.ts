// The inspector's page: static files. They contain no data and no secret; the page asks its user for the API key.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Layer } from 'effect'
import { HttpRouter, HttpServerResponse } from 'effect/http'
import { contentSecurityPolicy } from '../../page-headers.ts'

const FOLDER = join(import.meta.dirname, 'page')
const SCRIPTS = ['page.js', 'model.js', 'chart.js', 'rows.js']

const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8')

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')

const headersFor = (ui: URL | '') => ({
  'content-security-policy': contentSecurityPolicy({
    'script-src': "'self'",
    'style-src': "'self'",
    'connect-src': "'self'",
    'img-src': "'self' data:",
    'frame-src': ui === '' ? "'none'" : ui.origin
  }),
  'cache-control': 'no-cache'
})

/** `ui`: the Stately inspector, shown beside the page's own drawing; `''` for none. */
export const pageLayer = (ui: URL | '') => {
  const headers = headersFor(ui)
  const file = (path: `/${string}`, contentType: string, body: string) =>
    HttpRouter.add('GET', path, HttpServerResponse.text(body, { contentType, headers }))
  return Layer.mergeAll(
    file('/inspect', 'text/html; charset=utf-8', read('page.html').replace('{{ui}}', escaped(String(ui)))),
    file('/inspect/page.css', 'text/css; charset=utf-8', read('page.css')),
    ...SCRIPTS.map(name => file(`/inspect/${name}`, 'text/javascript; charset=utf-8', read(name)))
  )
}
