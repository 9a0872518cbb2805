// The catalogue of events: published as it is, and never less than what was published before.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Schema } from 'effect'
import { describe, expect, test } from 'vitest'
import { CATALOGUE, EVENT_KINDS } from '../src/domain/events/catalogue.ts'

const DOCS = join(import.meta.dirname, '..', 'docs')
const published = readdirSync(join(DOCS, 'events'))

const readSchema = (name: string): unknown => JSON.parse(readFileSync(join(DOCS, 'events', name), 'utf8'))

interface Script {
  readonly document: () => string
  readonly schemas: () => Readonly<Record<string, string>>
  readonly missing: (before: unknown, now: unknown) => ReadonlyArray<string>
}
// oxlint-disable-next-line typescript/ban-ts-comment
// @ts-expect-error: a script without types
const { document, missing, schemas }: Script = await import('../scripts/event-catalogue.mjs')

test('docs/events.md and the schemas are what the catalogue says (npm run events writes them)', () => {
  expect(document()).toBe(readFileSync(join(DOCS, 'events.md'), 'utf8'))
  for (const [name, text] of Object.entries(schemas()))
    expect(text, name).toBe(readFileSync(join(DOCS, 'events', name), 'utf8'))
})

describe('the contract of every version that is sent', () => {
  test.each(EVENT_KINDS)('%s: its example is what its schema says', kind => {
    const { data, example, version } = CATALOGUE[kind]
    expect(Schema.is(data)(example)).toBe(true)
    expect(published).toContain(`${kind}.${version}.json`)
  })

  test('a schema may get fields and values, and lose none', () => {
    const before = readSchema('outbox.changed.1.json')
    const change = (text: string, by: string) =>
      missing(before, JSON.parse(JSON.stringify(before).replaceAll(text, by)))
    expect(missing(before, before)).toEqual([])
    expect(change('"enum":["queued"', '"enum":["paused","queued"')).toEqual([])
    expect(change('"properties":{', '"properties":{"more":{"type":"string"},')).toEqual([])
    expect(change('"attempts"', '"tries"')).not.toEqual([])
    expect(change('"expired"]', '"lapsed"]')).not.toEqual([])
    expect(change('"attempts":{"type":"integer"', '"attempts":{"type":"string"')).not.toEqual([])
  })
})
