// The page of a link: static files without data, in the language of the reader's browser. What it shows it asks for with the ticket in
// its address.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Layer } from 'effect'
import { HttpRouter, HttpServerRequest, HttpServerResponse } from 'effect/http'
import { contentSecurityPolicy } from '../../page-headers.ts'
import { extensionScript } from '../passkey/script.ts'
import {
  PAGE_LANGUAGES,
  pageLanguage,
  type PageLanguageCode,
  PAGE_LANGUAGE_CODES
} from './languages/languages.ts'

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

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** As HTML: what is between asterisks is emphasised, and the name comes from the script. */
const htmlOf = (text: string): string =>
  escaped(text)
    .replaceAll(/\*([^*]+)\*/g, '<strong>$1</strong>')
    .replace('{name}', '<bdi id="name"></bdi>')

/** What the script of the page says, as JSON that cannot end its element. */
const scriptTexts = (texts: Readonly<Record<string, string>>): string => {
  const said = Object.entries(texts).flatMap(([key, text]) =>
    key.startsWith('script.') ? [[key.slice('script.'.length), text] as const] : []
  )
  return JSON.stringify(Object.fromEntries(said)).replaceAll('<', String.raw`\u003c`)
}

const template = read('page.html')

/** The page in one language. */
const pageIn = (code: PageLanguageCode): string => {
  const { direction, texts } = PAGE_LANGUAGES[code]
  const shown = Object.entries(texts).map(([key, text]) => [key, htmlOf(text)])
  const parts: Readonly<Record<string, string>> = {
    ...Object.fromEntries(shown),
    lang: code,
    dir: direction,
    script: scriptTexts(texts)
  }
  return template.replaceAll(/\{\{(\w+)\}\}/g, (whole, key: string) => parts[key] ?? whole)
}

const pages = new Map(PAGE_LANGUAGE_CODES.map(code => [code, pageIn(code)]))

const page = Effect.map(HttpServerRequest.HttpServerRequest, request => {
  const language = pageLanguage(request.headers['accept-language'])
  return HttpServerResponse.text(pages.get(language) ?? '', {
    contentType: 'text/html; charset=utf-8',
    headers: { ...headers, 'content-language': language, vary: 'accept-language' }
  })
})

const file = (path: `/${string}`, contentType: string, body: string) =>
  HttpRouter.add('GET', path, HttpServerResponse.text(body, { contentType, headers }))

export const linkPageLayer = Layer.mergeAll(
  file('/link/page.css', 'text/css; charset=utf-8', read('page.css')),
  file('/link/page.js', 'text/javascript; charset=utf-8', read('page.js')),
  file('/link/passkey.js', 'text/javascript; charset=utf-8', extensionScript),
  HttpRouter.add('GET', '/link/:ticket', page)
)
