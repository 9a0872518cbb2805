import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  chatJid,
  isBroadcastListJid,
  isChannelJid,
  isGroupJid,
  isPersonJid,
  isThreadJid,
  JID_SERVERS,
  memberJid,
  phoneNumberOf,
  recipientJid,
  STATUS_JID
} from '../../src/domain/jid.ts'

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

const anyUser = fc.stringMatching(/^[1-9][0-9]{4,14}$/)
const anyServer = fc.constantFrom(...JID_SERVERS)
const anyDevice = fc.constantFrom('', ':0', ':7', ':99')

describe('every server', () => {
  test('an address in any form means one chat, written in one way', () => {
    fc.assert(
      fc.property(anyUser, anyServer, anyDevice, (user, server, device) => {
        const jid = chatJid(`${user}${device}@${server}`)!
        expect(chatJid(jid)).toBe(jid)
        expect(jid.startsWith(`${user}@`)).toBe(true)
        expect(['hosted', 'hosted.lid', 'c.us']).not.toContain(jid.split('@')[1])
        expect([isPersonJid(jid), isGroupJid(jid), isBroadcastListJid(jid), isChannelJid(jid)]).toEqual(
          expect.arrayContaining([true])
        )
        expect(isThreadJid(jid)).toBe(isPersonJid(jid) || isGroupJid(jid) || isChannelJid(jid))
      })
    )
  })

  test('devices hosted at Meta are the person with that number or LID', () => {
    fc.assert(
      fc.property(anyUser, user => {
        expect(chatJid(`${user}:99@hosted`)).toBe(`${user}@s.whatsapp.net`)
        expect(chatJid(`${user}@hosted.lid`)).toBe(`${user}@lid`)
      })
    )
  })

  test('a member is always a person and never a group, a list or a channel, whatever stands there', () => {
    const anyText = fc.oneof(
      fc.string(),
      fc.tuple(fc.string(), anyServer).map(([user, server]) => `${user}@${server}`),
      fc.tuple(anyUser, fc.string()).map(([user, server]) => `${user}@${server}`)
    )
    fc.assert(
      fc.property(anyText, text => {
        const member = memberJid(text)
        expect(memberJid(member)).toBe(member)
        expect(member).toMatch(/^[A-Za-z0-9._-]+@[a-z0-9.-]+$/)
        expect(isGroupJid(member) || isBroadcastListJid(member) || member === STATUS_JID).toBe(false)
        expect(member.endsWith('@newsletter')).toBe(false)
      })
    )
  })

  test('only people and groups that a message can reach are recipients', () => {
    fc.assert(
      fc.property(anyUser, anyServer, (user, server) => {
        const jid = recipientJid(`${user}@${server}`)
        const reachable = ['s.whatsapp.net', 'c.us', 'hosted', 'lid', 'hosted.lid', 'g.us']
        expect(jid !== undefined).toBe(
          reachable.includes(server) && (user.length >= 7 || !/whats|c\.us|hosted$/.test(server))
        )
      })
    )
  })
})
