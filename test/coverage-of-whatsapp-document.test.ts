// docs/coverage-of-whatsapp.md is what the tables of kinds say.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const file = (...path: ReadonlyArray<string>) =>
  readFileSync(join(import.meta.dirname, '..', ...path), 'utf8')

test('docs/coverage-of-whatsapp.md says what the converters go by (npm run coverage-of-whatsapp writes it)', async () => {
  // oxlint-disable-next-line typescript/ban-ts-comment
  // @ts-expect-error: a script without types
  const { written } = await import('../scripts/coverage-of-whatsapp.mjs')
  const text = file('docs', 'coverage-of-whatsapp.md')
  expect(text).toContain('`imageMessage`')
  expect(written()).toBe(text)
})

test('each version that it names is in the changelog', () => {
  const versions = new Set(
    file('docs', 'coverage-of-whatsapp.md')
      .split('\n')
      .flatMap(line => /\| (\d[\d.]*|Unreleased) \|$/.exec(line)?.[1] ?? [])
  )
  expect(versions.size).toBeGreaterThan(1)
  const changelog = file('CHANGELOG.md')
  for (const version of versions) expect(changelog).toMatch(new RegExp(`^## \\[?${version}\\b`, 'm'))
})
