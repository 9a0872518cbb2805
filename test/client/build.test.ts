// The client as applications get it: plain JavaScript that needs nothing else, and its types.
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

test('the built client is JavaScript that imports nothing but itself', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'backscroll-client-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  // oxlint-disable-next-line typescript/ban-ts-comment
  // @ts-expect-error: a script without types
  const { buildClient } = await import('../../scripts/build-client.mjs')
  buildClient(folder)
  const files = globSync('*', { cwd: folder })
  expect(files).toEqual(expect.arrayContaining(['index.js', 'index.d.ts', 'client.d.ts', 'contract.d.ts']))
  for (const file of files) {
    const imported = [...readFileSync(join(folder, file), 'utf8').matchAll(/ from ["']([^"']+)["']/g)]
    for (const [, name] of imported) expect(name, file).toMatch(/^\.\/\w+\.js$/)
  }
  const client: Record<string, unknown> = await import(pathToFileURL(join(folder, 'index.js')).href)
  expect(Object.keys(client).toSorted()).toEqual([
    'Backscroll',
    'BackscrollError',
    'BackscrollUsageError',
    'WebhookVerificationError',
    'verifyWebhook'
  ])
})
