import { describe, expect, test } from 'vitest'
import { chatJid, phoneNumberOf, recipientJid } from '../../src/domain/jid.ts'

describe('an address is reduced to the person or chat it means', () => {
  test.each([
    ['4915112345678@s.whatsapp.net', '4915112345678@s.whatsapp.net'],
    ['4915112345678:17@s.whatsapp.net', '4915112345678@s.whatsapp.net'],
    ['4915112345678@c.us', '4915112345678@s.whatsapp.net'],
    ['123456_1:3@lid', '123456@lid'],
    ['120363041234567890@g.us', '120363041234567890@g.us'],
    ['4915112345678-1600000000@g.us', '4915112345678-1600000000@g.us'],
    ['status@broadcast', 'status@broadcast']
  ])('%s → %s', (text, jid) => {
    expect(chatJid(text)).toBe(jid)
  })

  test.each([
    [''],
    ['nobody'],
    ['@s.whatsapp.net'],
    ['a b@s.whatsapp.net'],
    ['1@example.org'],
    [`${'1'.repeat(200)}@lid`],
    [undefined],
    [null]
  ])('%s is none', text => {
    expect(chatJid(text)).toBeUndefined()
  })
})

describe('a recipient may be written as people write numbers', () => {
  test.each([
    ['+49 151 1234-5678', '4915112345678@s.whatsapp.net'],
    ['4915112345678', '4915112345678@s.whatsapp.net'],
    ['(49) 151.1234', '491511234@s.whatsapp.net'],
    ['123@lid', '123@lid'],
    ['120363041234567890@g.us', '120363041234567890@g.us']
  ])('%s → %s', (text, jid) => {
    expect(recipientJid(text)).toBe(jid)
  })

  test.each([
    ['nobody'],
    ['+'],
    ['12'],
    ['1234567890123456'],
    ['status@broadcast'],
    ['[object Object]'],
    ['0151 1234567'],
    ['00491511234567'],
    ['12345'],
    ['abc@s.whatsapp.net'],
    ['x@lid']
  ])('%s is none', text => {
    expect(recipientJid(text)).toBeUndefined()
  })
})

test('a phone number is read from a phone address only', () => {
  expect(phoneNumberOf('4915112345678@s.whatsapp.net')).toBe('4915112345678')
  expect(phoneNumberOf('4915112345678@lid')).toBeUndefined()
})
