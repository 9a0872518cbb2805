// The tables of kinds say what the converters do, for every field and type that WhatsApp's protobuf has.
import { proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { MESSAGE_ENVELOPES, NEWER_ENVELOPES } from '../../../src/domain/message-envelopes.ts'
import { factsOfLiveMessage } from '../../../src/services/whatsapp/convert/message.ts'
import type { Kind } from '../../../src/services/whatsapp/kinds/kind.ts'
import { MESSAGE_FIELDS, NEWER_MESSAGE_FIELDS } from '../../../src/services/whatsapp/kinds/message-fields.ts'
import { NEWER_PROTOCOL_TYPES, PROTOCOL_TYPES } from '../../../src/services/whatsapp/kinds/protocol-types.ts'
import { withBytesField } from '../../../src/domain/protobuf.ts'
import { SELF } from './convert/content/shown.ts'
import { messageFieldNumbers, protocolTypeNumbers } from './convert/random-protobuf.ts'

const key = { id: 'A', remoteJid: '77@lid', fromMe: true }

const outcomeOf = (encoded: Uint8Array): Kind['outcome'] => {
  const info = { key: { id: 'M', remoteJid: '77@lid', fromMe: false }, messageTimestamp: 1 }
  const fact = factsOfLiveMessage(SELF, info, proto.Message.decode(encoded), encoded).at(-1)
  if (fact?.kind === 'message') {
    if (fact.type === 'system') return 'event'
    return fact.type.startsWith('unsupported:') ? 'unsupported' : 'message'
  }
  return fact?.kind === 'change' || fact?.kind === 'sealed' ? 'change' : 'nothing'
}

const encrypted = { encPayload: Buffer.of(1), encIv: Buffer.of(2) }

/** What a field must have in it for its effect. */
const CONTENTS: Readonly<Record<string, object>> = {
  protocolMessage: { type: 0, key },
  reactionMessage: { key, text: '👍' },
  pollUpdateMessage: { pollCreationMessageKey: key, vote: encrypted },
  encReactionMessage: { ...encrypted, targetMessageKey: key },
  encCommentMessage: { ...encrypted, targetMessageKey: key },
  encEventResponseMessage: { ...encrypted, eventCreationMessageKey: key },
  secretEncryptedMessage: { ...encrypted, targetMessageKey: key, secretEncType: 2 }
}

const messageWith = (field: string): Uint8Array =>
  proto.Message.encode(
    proto.Message.fromObject({ [field]: field === 'conversation' ? 'Hi' : (CONTENTS[field] ?? {}) })
  ).finish()

describe('each field of a message', () => {
  test('has its number', () => {
    const numbers = Object.entries(MESSAGE_FIELDS).map(([name, { field }]) => [name, field] as const)
    expect(new Map(numbers)).toEqual(messageFieldNumbers)
  })

  test.each(Object.entries(MESSAGE_FIELDS).filter(([, { outcome }]) => outcome !== 'envelope'))(
    '%s becomes what its table says',
    (name, { outcome }) => {
      expect(outcomeOf(messageWith(name))).toBe(outcome)
    }
  )

  test('is taken out of exactly the envelopes that the table names', () => {
    const inTable = (fields: Readonly<Record<string, Kind & { readonly field: number }>>) =>
      Object.values(fields).flatMap(({ field, outcome }) => (outcome === 'envelope' ? [field] : []))
    const ascending = (numbers: ReadonlyArray<number>) => numbers.toSorted((a, b) => a - b)
    expect(ascending(MESSAGE_ENVELOPES.map(({ field }) => field))).toEqual(inTable(MESSAGE_FIELDS))
    expect(ascending(NEWER_ENVELOPES.map(({ field }) => field))).toEqual(inTable(NEWER_MESSAGE_FIELDS))
  })

  test.each(Object.entries(NEWER_MESSAGE_FIELDS).filter(([, { outcome }]) => outcome !== 'envelope'))(
    '%s, which is newer than the generated classes, becomes what its table says',
    (_, { field, outcome }) => {
      expect(outcomeOf(withBytesField(new Uint8Array(), field, new Uint8Array()))).toBe(outcome)
    }
  )
})

describe('each type of protocol message', () => {
  test('has its number', () => {
    const numbers = Object.entries(PROTOCOL_TYPES).map(([name, { type }]) => [name, type] as const)
    expect(new Map(numbers)).toEqual(protocolTypeNumbers)
  })

  test.each(Object.entries({ ...PROTOCOL_TYPES, ...NEWER_PROTOCOL_TYPES }))(
    '%s becomes what its table says',
    (_, { outcome, type }) => {
      const protocolMessage = {
        // What is newer than the classes can be encoded with them all the same.
        type: type as proto.Message.ProtocolMessage.Type,
        key,
        editedMessage: { conversation: 'New' },
        cloudApiThreadControlNotification: {
          notificationContent: { handoffNotificationText: 'A person answers now' }
        }
      }
      const seen = outcomeOf(proto.Message.encode({ protocolMessage }).finish())
      expect(seen).toBe(outcome === 'information' ? 'nothing' : outcome)
    }
  )
})
