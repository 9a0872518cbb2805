// The reference in docs/command-line.md is what the commands say of themselves.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('docs/command-line.md says what --help says (npm run command-line writes it)', async () => {
  // oxlint-disable-next-line typescript/ban-ts-comment
  // @ts-expect-error: a script without types
  const { written } = await import('../scripts/command-line.mjs')
  const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'command-line.md'), 'utf8')
  expect(text).toContain('## migrate-store')
  expect(written(text)).toBe(text)
})
