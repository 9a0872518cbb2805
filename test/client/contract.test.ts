// The types of the client, and the list of operations, are those of the contract.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('src/client/contract.ts is what the contract says (npm run client writes it)', async () => {
  // oxlint-disable-next-line typescript/ban-ts-comment
  // @ts-expect-error: a script without types
  const { written } = await import('../../scripts/client-contract.mjs')
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'src', 'client', 'contract.ts'), 'utf8')
  expect(text).toContain('outbox.send')
  expect(written()).toBe(text)
})

test('docs/api.md is what the contract says (npm run api writes it)', async () => {
  // oxlint-disable-next-line typescript/ban-ts-comment
  // @ts-expect-error: a script without types
  const { document } = await import('../../scripts/api-reference.mjs')
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'api.md'), 'utf8')
  expect(text).toContain('`outbox.send`')
  expect(document()).toBe(text)
})
