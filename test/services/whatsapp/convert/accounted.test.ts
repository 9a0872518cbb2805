// Nothing that arrives is dropped: it becomes a document, changes one, informs the server, or is in the list of what leaves no trace.
import { proto, writeRandomPadMax16 } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Fact } from '../../../../src/domain/fact.ts'
import { MESSAGE_ENVELOPES, NEWER_ENVELOPES } from '../../../../src/domain/message-envelopes.ts'
import { bytesField, withBytesField } from '../../../../src/domain/protobuf.ts'
import { decodedConversation, openedConversation } from '../../../../src/services/whatsapp/convert/chunk.ts'
import { convertEntry, type Journaled } from '../../../../src/services/whatsapp/convert/journaled.ts'
import { whyLeftOut } from '../../../../src/services/whatsapp/kinds/left-out.ts'
import { SELF } from './content/shown.ts'
import { messageFields, protocolTypeNumbers, randomMessageOf, randomUnknownField } from './random-protobuf.ts'

type Gen = fc.GeneratorValue

const ANN = '77@lid'
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const NO_BYTES = new Uint8Array()
const field = (number: number, value: Uint8Array) => withBytesField(NO_BYTES, number, value)

const live = (message: Uint8Array, attributes: Record<string, string> = { from: ANN }) => {
  const entry: Journaled = {
    kind: 'message',
    self: SELF,
    attributes: { id: 'M1', t: '1767225600', ...attributes },
    plaintext: Buffer.from(writeRandomPadMax16(message)).toString('base64')
  }
  return convertEntry(entry)
}

const ofOwnPhone = { from: SELF.jid, recipient: '491@s.whatsapp.net' }

/** A `WebMessageInfo` with a message that need not be one that the generated classes know. */
const stored = (message: Uint8Array, messageSecret?: Uint8Array): Uint8Array =>
  withBytesField(
    proto.WebMessageInfo.encode({
      key: { id: 'M1', remoteJid: ANN, fromMe: false },
      messageTimestamp: 1_767_225_600,
      ...(messageSecret === undefined ? {} : { messageSecret })
    }).finish(),
    2,
    message
  )

const ofHistory = (message: Uint8Array, messageSecret?: Uint8Array): ReadonlyArray<Fact> => {
  const conversation = withBytesField(
    proto.Conversation.encode({ id: ANN }).finish(),
    2,
    field(1, stored(message, messageSecret))
  )
  return [...(decodedConversation(SELF, openedConversation(conversation))?.facts ?? [])]
}

const onDemand = (message: Uint8Array) => {
  const protocolMessage: proto.Message.IProtocolMessage = {
    type: proto.Message.ProtocolMessage.Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
    peerDataOperationRequestResponseMessage: {
      peerDataOperationResult: [
        { placeholderMessageResendResponse: { webMessageInfoBytes: stored(message) } }
      ]
    }
  }
  const encoded = proto.Message.encode({ protocolMessage }).finish()
  return live(encoded, { from: SELF.jid, category: 'peer' }).facts
}

/** The message among the facts, its bytes in hexadecimal digits. */
const messageIn = (facts: ReadonlyArray<Fact>) => {
  const message = facts.find(fact => fact.kind === 'message')
  return message && { ...message, raw: message.raw && hex(message.raw) }
}

/** Every road on which a message can come. */
const ROADS: ReadonlyArray<readonly [string, (message: Uint8Array) => ReadonlyArray<Fact>]> = [
  ['live', message => live(message).facts],
  ['from the owner’s phone', message => live(field(31, field(2, message)), ofOwnPhone).facts],
  ['in a history chunk', message => ofHistory(message)],
  ['on demand', onDemand]
]

const isAccounted = (fact: Fact): boolean => {
  if (fact.kind === 'leftOut') return whyLeftOut(fact.name) !== undefined
  return ['message', 'change', 'sealed'].includes(fact.kind)
}

const ENVELOPES = [...MESSAGE_ENVELOPES, ...NEWER_ENVELOPES]

const wrapped = (g: Gen, message: Uint8Array): Uint8Array => {
  let outer = message
  for (let count = g(() => fc.nat({ max: 12 })); count > 0; count--) {
    const envelope = g(() => fc.constantFrom(...ENVELOPES))
    outer = field(envelope.field, field(envelope.inner, outer))
  }
  return outer
}

const withUnknown = (g: Gen, message: Uint8Array): Uint8Array =>
  Buffer.concat([
    message,
    ...Array.from({ length: g(() => fc.nat({ max: 2 })) }, () => randomUnknownField(g))
  ])

/** Shrinking a message of hundreds of choices takes longer than anybody waits; the seed in the report repeats it. */
const runs = (numRuns: number) => ({ numRuns, endOnFailure: true })

describe('accounted for is', () => {
  test.each(messageFields)('%s, bare or in envelopes, with fields that nobody knows, on every road', name => {
    fc.assert(
      fc.property(fc.gen(), g => {
        const message = withUnknown(g, wrapped(g, withUnknown(g, randomMessageOf(g, name))))
        const { chunks, facts, refusals } = live(message, g(fc.boolean) ? ofOwnPhone : { from: ANN })
        expect(facts.some(isAccounted) || chunks.length + refusals.length > 0).toBe(true)
        expect(ofHistory(message).some(isAccounted)).toBe(true)
        expect(onDemand(message).filter(isAccounted).length).toBeGreaterThan(1)
      }),
      runs(12)
    )
  })

  test.each([...protocolTypeNumbers.values(), 31, 37, 38, 4096])('protocol message %i', type => {
    const message = proto.Message.encode({ protocolMessage: { type } }).finish()
    for (const [, facts] of ROADS) expect(facts(message).some(isAccounted)).toBe(true)
  })
})

describe('a field that the generated classes do not know, on every road', () => {
  const unknown = field(129, Buffer.from('a song'))
  const secret = proto.Message.encode({ messageContextInfo: { messageSecret: Buffer.alloc(32, 5) } }).finish()

  test.each(ROADS)('%s: is kept as WhatsApp encoded it', (_, facts) => {
    const bare = Buffer.concat([secret, unknown])
    expect(messageIn(facts(bare))).toMatchObject({ type: 'unsupported:field129', body: null, raw: hex(bare) })
    const inEnvelope = field(40, field(1, unknown))
    expect(messageIn(facts(inEnvelope))).toMatchObject({ type: 'unsupported:field129', raw: hex(inEnvelope) })
    const besideText = Buffer.concat([proto.Message.encode({ conversation: 'Hi' }).finish(), unknown])
    expect(messageIn(facts(besideText))).toMatchObject({ type: 'text', body: 'Hi', raw: hex(besideText) })
  })

  test.each(ROADS)('%s: is opened where it is an envelope or a poll', (_, facts) => {
    const text = proto.Message.encode({ conversation: 'Guess' }).finish()
    for (const number of [116, 118, 126, 131]) {
      const spoiler = field(number, field(1, field(40, field(1, text))))
      expect(messageIn(facts(spoiler))).toMatchObject({ type: 'text', body: 'Guess', raw: hex(spoiler) })
    }
    const poll = proto.Message.PollCreationMessage.encode({
      name: 'Where?',
      options: [{ optionName: 'Sea' }, { optionName: 'Hills' }],
      selectableOptionsCount: 1
    }).finish()
    expect(messageIn(facts(Buffer.concat([secret, field(119, poll)])))).toMatchObject({
      type: 'poll',
      poll: { question: 'Where?', options: [{ name: 'Sea' }, { name: 'Hills' }], selectable: 1 }
    })
  })

  test.each(ROADS)('%s: is no content when it is known to be keys, or a number', (_, facts) => {
    for (const message of [field(123, Buffer.from('key')), Uint8Array.of(0xf8, 0x07, 1)])
      expect(messageIn(facts(message))).toBeUndefined()
  })

  test('an edit to a newer form says what it says', () => {
    const text = proto.Message.encode({ conversation: 'Mended' }).finish()
    const edited = field(14, field(118, field(1, text)))
    const protocol = proto.Message.ProtocolMessage.encode({
      type: proto.Message.ProtocolMessage.Type.MESSAGE_EDIT,
      key: { id: 'A' }
    }).finish()
    expect(live(field(12, Buffer.concat([protocol, edited]))).facts).toMatchObject([
      { kind: 'change', change: { to: 'edited', body: 'Mended' } }
    ])
  })

  test('an envelope or poll that is damaged inside is kept, and nothing beside it is lost', () => {
    const facts = [118, 119].flatMap(number => ofHistory(field(number, field(1, Buffer.from([0x0a, 0xff])))))
    expect(facts).toMatchObject([
      { kind: 'chat' },
      { type: 'unsupported:field118' },
      { kind: 'chat' },
      { kind: 'message' }
    ])
  })

  test('the secret that a phone keeps beside a message joins it, and the message stays as it was encoded', () => {
    const context = field(35, field(200, Buffer.from('newer')))
    const [, fact] = ofHistory(Buffer.concat([unknown, context]), Buffer.alloc(32, 9))
    const raw = fact?.kind === 'message' ? fact.raw : undefined
    const last = raw && bytesField(raw, 35)
    expect(last && [bytesField(last, 3), bytesField(last, 200)]).toEqual([
      Buffer.alloc(32, 9),
      Buffer.from('newer')
    ])
    expect(raw && bytesField(raw, 129)).toEqual(Buffer.from('a song'))
  })
})
