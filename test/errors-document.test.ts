// docs/errors.md tells what every code means, and what to do.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PROBLEMS } from '../src/http/problem-codes.ts'

const sections = readFileSync(join(import.meta.dirname, '..', 'docs', 'errors.md'), 'utf8')
  .split(/^## /m)
  .slice(1)
  .map(section => {
    const [code = '', , title = '', , ...words] = section.split('\n')
    return { code, title, words: words.join(' ').trim() }
  })

test('docs/errors.md has a section for every code, with its status, its title and what to do, and for no other', () => {
  const codes = Object.keys(PROBLEMS)
  expect(codes).toEqual(codes.toSorted())
  expect(sections.map(({ code, title }) => ({ code, title }))).toEqual(
    Object.entries(PROBLEMS).map(([code, { status, title }]) => ({ code, title: `${status} ${title}` }))
  )
  for (const { code, words } of sections) expect(words.length, code).toBeGreaterThan(20)
})
