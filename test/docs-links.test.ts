// Every link between the documents leads to a file and, where it names one, to a heading in it.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const slugOf = (heading: string): string =>
  heading
    .replaceAll(/[`*]|\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-')

const headingsIn = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => slugOf(heading))

/** Links of a document that lead nowhere. */
const brokenIn = (file: string, text: string): ReadonlyArray<string> =>
  [...text.matchAll(/\]\((?!https?:|mailto:|\/)([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? file : join(dirname(file), path)
    if (target !== file && !existsSync(target)) return [`${file}: ${link}`]
    if (anchor === undefined || !target.endsWith('.md')) return []
    const headings = headingsIn(target === file ? text : readFileSync(target, 'utf8'))
    return headings.includes(anchor) ? [] : [`${file}: ${link}`]
  })

const documents = [
  'README.md',
  'CHANGELOG.md',
  ...globSync('docs/**/*.md', { exclude: ['docs/node_modules/**'] }),
  'simulator/README.md'
]

test('no link between the documents is broken', () => {
  expect(documents.length).toBeGreaterThan(60)
  expect(documents.flatMap(file => brokenIn(file, readFileSync(file, 'utf8')))).toEqual([])
  expect(brokenIn('docs/x.md', '# A\n[a](#a) [b](#b) [c](nowhere.md) [d](errors.md#nothing)')).toEqual([
    'docs/x.md: #b',
    'docs/x.md: nowhere.md',
    'docs/x.md: errors.md#nothing'
  ])
})
