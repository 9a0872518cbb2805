// The tables of docs/lifecycle.md are what the machine says.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('docs/lifecycle.md says what the machine does (npm run lifecycle writes it)', async () => {
  // oxlint-disable-next-line typescript/ban-ts-comment
  // @ts-expect-error: a script without types
  const { written } = await import('../scripts/lifecycle-tables.mjs')
  const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'lifecycle.md'), 'utf8')
  expect(text).toContain('account.replaced')
  expect(written(text)).toBe(text)
})
