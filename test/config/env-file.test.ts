// A file named .env is read as it was meant, or refused with the line that is wrong.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Result } from 'effect'
import { afterAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../harness/server-process.ts'
import { readEnvFile } from '../../src/config/env-file.ts'

const folder = temporaryFolder()
afterAll(folder.remove)
let files = 0

const reading = (content: string | Uint8Array) => {
  const file = join(folder.path, `${(files += 1)}.env`)
  writeFileSync(file, content)
  return Result.match(readEnvFile(file), {
    onSuccess: values => values,
    onFailure: ({ line, problem }) => `${line}: ${problem}`
  })
}

test('settings are read with comments, quotes, exports, a byte order mark and the line ends of Windows', () => {
  expect(
    reading('\uFEFFPORT=1\r\n# a comment\r\n\r\nexport HOST = ::1\r\nAPI_KEY="a b" # shop\r\nEMPTY=')
  ).toEqual({
    PORT: '1',
    HOST: '::1',
    API_KEY: 'a b',
    EMPTY: ''
  })
  expect(reading('KEY="one\ntwo"\nPORT=2')).toEqual({ KEY: 'one\ntwo', PORT: '2' })
  expect(readEnvFile(join(folder.path, 'missing.env'))).toEqual(Result.succeed({}))
})

test('a line that says nothing, says it twice or swallows others is refused with its number', () => {
  expect(reading('PORT=1\nAPI_KEY secret-value\n')).toMatch(/^2: this is no setting/)
  expect(reading('PORT: 1')).toMatch(/^1: /)
  expect(reading('=1')).toMatch(/^1: /)
  expect(reading('PORT=1\n\nPORT=2')).toBe('3: PORT is set twice; line 1 sets it first')
  expect(reading('PORT=1\nAPI_KEY="secret-value\nHOST=::1\nVAULT_KEY="x"')).toBe(
    '2: the quote " of API_KEY is not closed'
  )
  expect(reading('API_KEY=`secret-value')).not.toContain('secret')
})

test('a file that is no text, or cannot be read, is refused with the reason', () => {
  expect(reading(Buffer.from('PORT=1\n', 'utf16le'))).toContain('UTF-8')
  expect(reading(Uint8Array.of(0x50, 0x3d, 0xff, 0xfe))).toContain('UTF-8')
  expect(reading('#'.repeat(1_048_577))).toContain('1 MiB')
  mkdirSync(join(folder.path, 'folder.env'))
  expect(Result.getFailure(readEnvFile(join(folder.path, 'folder.env')))).toMatchObject({
    value: { problem: expect.stringContaining('cannot be read') }
  })
})
