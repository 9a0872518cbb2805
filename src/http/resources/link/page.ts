// The page of a link: static files without data. What it shows it asks for with the ticket in its address.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Layer } from 'effect'
import { HttpRouter, HttpServerResponse } from 'effect/http'
import { contentSecurityPolicy } from '../../page-headers.ts'
import { extensionScript } from '../passkey/script.ts'

const FOLDER = join(import.meta.dirname, 'link-page')
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8')

const headers = {
  'content-security-policy': contentSecurityPolicy({
    'script-src': "'self'",
    'style-src': "'self'",
    'connect-src': "'self'",
    'img-src': 'data:'
  }),
  'cache-control': 'no-store'
}

const file = (path: `/${string}`, contentType: string, body: string) =>
  HttpRouter.add('GET', path, HttpServerResponse.text(body, { contentType, headers }))

export const linkPageLayer = Layer.mergeAll(
  file('/link/page.css', 'text/css; charset=utf-8', read('page.css')),
  file('/link/page.js', 'text/javascript; charset=utf-8', read('page.js')),
  file('/link/passkey.js', 'text/javascript; charset=utf-8', extensionScript),
  file('/link/:ticket', 'text/html; charset=utf-8', read('page.html'))
)
