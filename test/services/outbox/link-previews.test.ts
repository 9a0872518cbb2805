// Previews of links: which address in a text is meant, what a page says of itself, and that pages are asked only where files
// to send may be fetched from.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { Effect, Layer } from 'effect'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LinkPreviews, linkIn } from '../../../src/services/outbox/preparation/link/link-previews.ts'
import { summaryOf } from '../../../src/services/outbox/preparation/link/page.ts'
import { Preparation } from '../../../src/services/outbox/preparation/preparation.ts'
import { anyCharacter } from '../../any-character.ts'

let asked = 0
const server = createServer((_, response) => {
  asked += 1
  response.writeHead(200, { 'content-type': 'text/html' }).end('<title>A router at home</title>')
})
let port = 0
beforeAll(async () => {
  await once(server.listen(0), 'listening')
  port = (server.address() as { port: number }).port
})
afterAll(() => void server.close())

const previewOf = (text: string, allowPrivateAddresses: boolean, enabled = true) =>
  Effect.runPromise(
    LinkPreviews.use(previews => previews.of(text)).pipe(
      Effect.provide(
        LinkPreviews.layer({ enabled, allowPrivateAddresses }).pipe(Layer.provide(Preparation.layer()))
      )
    )
  )

test('addresses that are not public are asked only where the setting allows it', async () => {
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '2130706433']) {
    expect(await previewOf(`http://${host}:${port}/`, false)).toBeUndefined()
  }
  expect(await previewOf(`http://127.0.0.1:${port}/`, true, false)).toBeUndefined()
  expect(asked).toBe(0)
  expect(await previewOf(`http://127.0.0.1:${port}/`, true)).toMatchObject({ title: 'A router at home' })
  expect(asked).toBe(1)
})

test.each([
  ['no link at all: example.com', undefined],
  ['See https://example.com/a?b=c#d, please', 'https://example.com/a?b=c#d'],
  ['(http://example.com/a).', 'http://example.com/a'],
  ['(https://example.com/wiki/Tone_(music)).', 'https://example.com/wiki/Tone_(music)'],
  ['ftp://a.example HTTPS://B.example', 'HTTPS://B.example']
])('%s', (text, link) => {
  expect(linkIn(text)).toBe(link)
})

test('a title that is too long ends with a whole character', () => {
  expect(summaryOf(`<title>${'a'.repeat(198)}😀 and more</title>`, 'https://example.com/')).toEqual({
    title: `${'a'.repeat(198)}…`
  })
})

test('whatever a page is, its summary is short, on one line, and names pictures by whole addresses', () => {
  const words = fc.string({ unit: anyCharacter, maxLength: 1500 })
  const property = fc.constantFrom('og:title', 'og:description', 'og:image', 'description', 'x')
  const tag = fc.oneof(
    fc.tuple(property, words).map(([name, value]) => `<meta property="${name}" content="${value}">`),
    words.map(text => `<title>${text}</title>`),
    words
  )
  fc.assert(
    fc.property(fc.array(tag, { maxLength: 8 }), tags => {
      const { description = '', imageUrl, title = '' } = summaryOf(tags.join(''), 'https://example.com/a/')
      expect(title.length).toBeLessThanOrEqual(200)
      expect(description.length).toBeLessThanOrEqual(500)
      expect(`${title}${description}`).not.toMatch(/[\n\r\0]/)
      if (imageUrl !== undefined) expect(URL.canParse(imageUrl)).toBe(true)
    }),
    { numRuns: 30 }
  )
})
