// Whatever arrives: conversion never throws, and what it gives can be stored.
import { type BinaryNode, proto, writeRandomPadMax16 } from '@whiskeysockets/baileys'
import { Schema } from 'effect'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Fact } from '../../../../src/domain/fact.ts'
import { Details } from '../../../../src/domain/message.ts'
import {
  ADD_ON_KINDS,
  messageSecretIn,
  openSealedAddOn,
  type SealedAddOn
} from '../../../../src/domain/sealed-add-on.ts'
import { decodedConversation, openedConversation } from '../../../../src/services/whatsapp/convert/chunk.ts'
import { Journaled, convertEntry } from '../../../../src/services/whatsapp/convert/journaled.ts'
import { factsOfStoredMessage } from '../../../../src/services/whatsapp/convert/stored-message.ts'
import { factsOfAddOn } from '../../../../src/services/whatsapp/convert/opened-add-on.ts'
import { nodeToJson } from '../../../../src/services/whatsapp/convert/stanza-json.ts'
import { thorough } from '../../../thorough.ts'
import { SELF } from './content/shown.ts'
import { messageFields, randomMessageOf, randomProtobuf } from './random-protobuf.ts'

/** Shrinking a message of hundreds of choices takes longer than anybody waits; the seed in the report repeats it. */
const runs = (numRuns: number) => ({ numRuns: thorough(Math.ceil(numRuns / 4), numRuns), endOnFailure: true })

const checkDetails = Schema.decodeUnknownSync(Details)

/** That a fact has only what the store can take: finite numbers, valid details, no missing parts. */
const isStorable = (fact: Fact): void => {
  const plain = (_: string, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${value} in ${fact.kind}`)
    return value
  }
  JSON.stringify(fact, plain)
  if (fact.kind !== 'message') return
  expect(typeof fact.type).toBe('string')
  expect(fact.body === null || typeof fact.body === 'string').toBe(true)
  checkDetails({
    ...fact,
    mentions: fact.mentions.map(({ jid }) => jid),
    event: fact.event && { ...fact.event, people: fact.event.people.map(({ jid }) => jid) }
  })
}

const jids = [
  '77@lid',
  '77:3@lid',
  '491@s.whatsapp.net',
  '490@s.whatsapp.net',
  '120@g.us',
  'status@broadcast',
  '',
  'x'
]
const jid = fc.constantFrom(...jids)
const attributes = fc.dictionary(
  fc.constantFrom('participant', 'recipient', 'sender_pn', 'participant_pn', 'notify', 'type', 'category'),
  jid
)

const arrived = (message: Uint8Array, attrs: Record<string, string>): Journaled => ({
  kind: 'message',
  self: SELF,
  attributes: { id: 'M1', t: '1767225600', from: '77@lid', ...attrs },
  plaintext: Buffer.from(writeRandomPadMax16(message)).toString('base64')
})

describe('a message of any shape is understood:', () => {
  test.each(messageFields)('%s', name => {
    fc.assert(
      fc.property(fc.gen(), attributes, (g, attrs) => {
        for (const fact of convertEntry(arrived(randomMessageOf(g, name), attrs)).facts) isStorable(fact)
      }),
      runs(20)
    )
  })
})

test('a message of the history, of any shape, is understood', () => {
  fc.assert(
    fc.property(fc.gen(), jid, (g, remoteJid) => {
      const key = { id: 'A', remoteJid, fromMe: g(fc.boolean), participant: g(() => jid) }
      const info = proto.WebMessageInfo.decode(randomProtobuf(g, 'WebMessageInfo', { key }))
      for (const fact of factsOfStoredMessage(SELF, info)) isStorable(fact)
    }),
    runs(800)
  )
})

test('every stub, known or not, is understood', () => {
  fc.assert(
    fc.property(fc.nat({ max: 260 }), fc.array(fc.oneof(jid, fc.json(), fc.string())), (stub, parameters) => {
      const info = {
        key: { id: 'A', remoteJid: '120@g.us' },
        messageStubType: stub,
        messageStubParameters: parameters
      }
      for (const fact of factsOfStoredMessage(SELF, info)) isStorable(fact)
    }),
    runs(800)
  )
})

test('a conversation of any shape is understood', () => {
  fc.assert(
    fc.property(fc.gen(), jid, (g, id) => {
      const conversation = openedConversation(randomProtobuf(g, 'Conversation', { id }))
      for (const fact of decodedConversation(SELF, conversation)?.facts ?? []) isStorable(fact)
    }),
    runs(500)
  )
})

const TAGS =
  'create subject description add remove leave promote modify ephemeral not_ephemeral invite member_add_mode ' +
  'membership_approval_mode created_membership_requests revoked_membership_requests body group group_join ' +
  'participant set delete offer offer_notice accept reject terminate video __proto__ constructor toString'
const NAMES =
  'id t from jid lid phone_number participant participant_pn subject expiration reason type creation call-id ' +
  'call-creator group-jid notify'
const attrs = fc.dictionary(
  fc.constantFrom(...NAMES.split(' ')),
  fc.oneof(
    jid,
    fc.constantFrom('w:gp2', 'picture', 'new', 'invite', '-1', '1e400', '1767225600'),
    fc.string()
  )
)
const { node } = fc.letrec<{ node: BinaryNode }>(tie => ({
  node: fc.record(
    {
      tag: fc.constantFrom(...TAGS.split(' ')),
      attrs,
      content: fc.oneof(
        { depthSize: 'small' },
        fc.uint8Array({ maxLength: 20 }),
        fc.string(),
        fc.array(tie('node'), { maxLength: 4 })
      )
    },
    { requiredKeys: ['tag', 'attrs'] }
  )
}))

test('a stanza of any shape is kept and understood', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('notification', 'call', 'botAnswer'),
      attrs,
      fc.array(node),
      (kind, outer, content) => {
        const about =
          kind === 'notification' ? { id: 'N', type: 'w:gp2', from: '120@g.us' } : { from: '77@lid' }
        const stanza = nodeToJson({ tag: kind, attrs: { ...about, ...outer }, content })
        const written: unknown = JSON.parse(JSON.stringify({ kind, self: SELF, stanza }))
        const { facts } = convertEntry(Schema.decodeUnknownSync(Journaled)(written))
        for (const fact of facts) isStorable(fact)
      }
    ),
    runs(1000)
  )
})

test('any add-on against any message is opened or not, and that is all', () => {
  const text = fc.oneof(jid, fc.base64String())
  const addOns = fc.constantFrom(...ADD_ON_KINDS)
  fc.assert(
    fc.property(
      fc.gen(),
      fc.tuple(text, text, addOns),
      fc.array(text),
      fc.array(text),
      (g, [payload, iv, addOn], authors, targetAuthors) => {
        const target = g(fc.boolean) ? randomMessageOf(g, 'pollCreationMessageV3') : g(fc.uint8Array)
        const secret = messageSecretIn(target)
        const sealed = { ...SEALED, addOn, payload, iv, authors, targetAuthors }
        expect(secret && openSealedAddOn(sealed, [secret])).toBeUndefined()
      }
    ),
    runs(500)
  )
})

test('whatever an add-on says once it is opened is understood or not', () => {
  fc.assert(
    fc.property(
      fc.gen(),
      fc.constantFrom(...ADD_ON_KINDS),
      fc.constantFrom(...messageFields),
      (g, addOn, field) => {
        const plaintext = g(fc.boolean) ? randomMessageOf(g, field) : g(fc.uint8Array)
        for (const fact of factsOfAddOn({ ...SEALED, addOn }, plaintext) ?? []) isStorable(fact)
      }
    ),
    runs(500)
  )
})

const SEALED: SealedAddOn = {
  kind: 'sealed',
  addOn: 'pollVote',
  chat: { jid: '77@lid' },
  target: { sender: 'me', whatsAppId: 'P' },
  by: { jid: '77@lid' },
  whatsAppId: 'V',
  timestamp: 1,
  live: true,
  self: SELF,
  payload: '',
  iv: '',
  keyId: 'P',
  authors: [],
  targetAuthors: []
}
