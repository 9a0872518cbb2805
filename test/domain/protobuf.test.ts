// Fields are read out of encoded messages, and nothing out of what is none.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesField, bytesFields, splitField } from '../../src/domain/protobuf.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

test('repeated fields come in their order, and the last one counts where there should be one', () => {
  const bytes = hex('0a01aa 1202bbbb 0a01cc')
  expect(bytesFields(bytes, 1)).toEqual([hex('aa'), hex('cc')])
  expect(bytesField(bytes, 1)).toEqual(hex('cc'))
  expect(bytesField(bytes, 2)).toEqual(hex('bbbb'))
  expect(bytesField(bytes, 3)).toBeUndefined()
})

test('a message can be taken apart into the values of a field and everything else', () => {
  const bytes = hex('0801 1201aa 1a01bb 1201cc 2501020304')
  expect(splitField(bytes, 2)).toEqual({
    values: [hex('aa'), hex('cc')],
    rest: hex('0801 1a01bb 2501020304')
  })
  expect(splitField(bytes, 9)).toEqual({ values: [], rest: bytes })
  expect(splitField(hex('1205aa'), 2)).toBeUndefined()
})

test('values of other types are skipped', () => {
  const bytes = hex('08ffffffffffffffff7f 1101020304050607 08 2501020304 a20601aa')
  expect(bytesField(bytes, 100)).toEqual(hex('aa'))
})

test.each([
  ['ends within a tag', '80'],
  ['ends within a value', '0a05aa'],
  ['has a group that never ends', '0b08'],
  ['has a number that never ends', `08${'ff'.repeat(11)}`]
])('what %s is no message', (_, bytes) => {
  expect(bytesFields(hex(bytes), 1)).toBeUndefined()
})

test('any bytes are a message or not, and that is all', () => {
  fc.assert(fc.property(fc.uint8Array(), fc.nat(200), (bytes, field) => void bytesFields(bytes, field)))
})
