// What strangers call their files, and which part of one is asked for.
import { describe, expect, test } from 'vitest'
import {
  dispositionOf,
  namesContent,
  partOf,
  shownAs
} from '../../../../src/http/resources/media/file-headers.ts'

describe('of a file of 100 bytes', () => {
  test.each([
    [undefined, 'whole'],
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=10-', { start: 10, end: 99 }],
    ['bytes=90-500', { start: 90, end: 99 }],
    ['bytes=-5', { start: 95, end: 99 }],
    ['bytes=-500', { start: 0, end: 99 }],
    ['bytes=-0', 'none'],
    ['bytes=100-', 'none'],
    ['bytes=9-3', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=0-1,5-6', 'whole'],
    ['items=0-1', 'whole'],
    [`bytes=${'9'.repeat(400)}-`, 'whole']
  ])('%s is %j', (range, part) => {
    expect(partOf(range, 100)).toEqual(part)
  })
})

test('an empty file has no bytes to ask for, and is whole all the same', () => {
  expect(partOf('bytes=0-', 0)).toBe('none')
  expect(partOf('bytes=-1', 0)).toBe('none')
  expect(partOf(undefined, 0)).toBe('whole')
})

test.each([
  ['image/jpeg', 'image/jpeg', true],
  ['Image/JPEG; x=y', 'image/jpeg', true],
  ['audio/ogg; codecs=opus', 'audio/ogg', true],
  ['video/mp4', 'video/mp4', true],
  ['application/pdf', 'application/pdf', false],
  ['text/plain', 'text/plain', false],
  ['text/html', 'application/octet-stream', false],
  ['image/svg+xml', 'application/octet-stream', false],
  ['application/javascript', 'application/octet-stream', false],
  ['multipart/x-mixed-replace', 'application/octet-stream', false],
  ['image/png\r\nx: y', 'application/octet-stream', false],
  ['constructor', 'application/octet-stream', false],
  [null, 'application/octet-stream', false]
])('%j is answered as %s', (mimeType, contentType, isInline) => {
  expect(shownAs(mimeType)).toEqual({ contentType, isInline })
})

test.each([
  ['report.pdf', `attachment; filename="report.pdf"; filename*=UTF-8''report.pdf`],
  [
    'Übersicht (1).pdf',
    `attachment; filename="_bersicht (1).pdf"; filename*=UTF-8''%C3%9Cbersicht%20%281%29.pdf`
  ],
  [
    'a"; filename=evil.exe',
    `attachment; filename="a__ filename=evil.exe"; filename*=UTF-8''a_%3B%20filename%3Devil.exe`
  ],
  ['../../.ssh/id', `attachment; filename="_.._.ssh_id"; filename*=UTF-8''_.._.ssh_id`],
  ['x\r\nset-cookie: a=b', `attachment; filename="xset-cookie_ a=b"; filename*=UTF-8''xset-cookie_%20a%3Db`],
  ['photo\u202egnp.exe', `attachment; filename="photognp.exe"; filename*=UTF-8''photognp.exe`],
  ['NUL', `attachment; filename="_NUL"; filename*=UTF-8''_NUL`],
  ['com1.tar.gz', `attachment; filename="_com1.tar.gz"; filename*=UTF-8''_com1.tar.gz`],
  ['console.log', `attachment; filename="console.log"; filename*=UTF-8''console.log`],
  ['\ud800', `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD`],
  ['', `attachment; filename="image.png"; filename*=UTF-8''image.png`],
  ['...', `attachment; filename="image.png"; filename*=UTF-8''image.png`],
  [null, `attachment; filename="image.png"; filename*=UTF-8''image.png`]
])('a file named %j', (name, disposition) => {
  expect(dispositionOf(name, 'image.png', false)).toBe(disposition)
})

test('a name as long as a book keeps its end', () => {
  const disposition = dispositionOf(`${'🦊'.repeat(5000)}.png`, 'x', true)
  expect(disposition.length).toBeLessThan(1500)
  expect(disposition).toMatch(/^inline; .*\.png$/)
})

test.each([
  ['"a"', true],
  ['W/"a"', true],
  ['"b", "a"', true],
  ['*', true],
  ['"b"', false],
  ['a', false],
  [undefined, false]
])('If-None-Match: %s', (header, isNamed) => {
  expect(namesContent(header, '"a"')).toBe(isNamed)
})
