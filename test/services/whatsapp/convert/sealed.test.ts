// Add-ons are sealed as phones seal them, travel as messages do, and are opened with the secret of the stored message.
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { type BinaryNode, hkdf, proto } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Fact } from '../../../../src/domain/fact.ts'
import { MESSAGE_ENVELOPES } from '../../../../src/domain/message-envelopes.ts'
import { messageSecretIn, openSealedAddOn, type SealedAddOn } from '../../../../src/domain/sealed-add-on.ts'
import { factsOfBotAnswer } from '../../../../src/services/whatsapp/convert/bot-answer.ts'
import { factsOfLiveMessage } from '../../../../src/services/whatsapp/convert/message.ts'
import { factsOfStoredMessage } from '../../../../src/services/whatsapp/convert/stored-message.ts'
import { factsOfAddOn } from '../../../../src/services/whatsapp/convert/opened-add-on.ts'
import { unwrap } from '../../../../src/services/whatsapp/convert/unwrap.ts'
import { seal as sealed } from '../../../sealing.ts'
import { overTheWire, SELF } from './content/shown.ts'
import { randomMessageOf } from './random-protobuf.ts'

const SECRET = randomBytes(32)
const GROUP = '120@g.us'
const ANN = '77@lid'
const ANN_PHONE = '491@s.whatsapp.net'
const BOB = '78@lid'

const sha256 = (text: string) => createHash('sha256').update(text).digest()
const encoded = (message: proto.IMessage) => proto.Message.encode(message).finish()

const question: proto.IMessage = {
  pollCreationMessageV3: { name: 'When?', options: [{ optionName: 'Now' }, { optionName: 'Später' }] },
  messageContextInfo: { messageSecret: SECRET }
}

/** What arrives is an add-on, and nothing else. */
const arrived = (message: proto.IMessage, from: Sent['from']): SealedAddOn => {
  const wire = overTheWire(message)
  const [fact, ...others] = factsOfLiveMessage(SELF, { key: { id: 'V', ...from } }, wire, encoded(message))
  expect(others).toEqual([])
  if (fact?.kind !== 'sealed') throw new Error('It is a sealed add-on')
  return fact
}

/** What it says, opened with the stored message. */
const opened = (target: Uint8Array, addOn: SealedAddOn): ReadonlyArray<Fact> | undefined => {
  const secret = messageSecretIn(target)
  const plaintext = secret && openSealedAddOn(addOn, [secret])
  return plaintext && factsOfAddOn(addOn, plaintext)
}

interface Sent {
  readonly from: proto.IMessageKey & { remoteJidAlt?: string; participantAlt?: string }
  readonly poll: proto.IMessageKey
  readonly options?: ReadonlyArray<string>
  readonly author: string
  readonly voter: string
}

const seal = (options: ReadonlyArray<string>, author: string, voter: string, secret = SECRET) =>
  sealed({
    secret,
    useCase: 'Poll Vote',
    targetId: 'POLL',
    targetAuthor: author,
    author: voter,
    plaintext: proto.Message.PollVoteMessage.encode({ selectedOptions: options.map(sha256) }).finish()
  })

const voted = ({ author, from, options = ['Später'], poll, voter }: Sent): SealedAddOn =>
  arrived(
    {
      pollUpdateMessage: {
        pollCreationMessageKey: { id: 'POLL', ...poll },
        vote: seal(options, author, voter),
        senderTimestampMs: 1_767_225_600_000
      }
    },
    from
  )

const hashes = (...options: ReadonlyArray<string>) => options.map(option => sha256(option).toString('hex'))

describe('a vote can be opened when', () => {
  test.each<[string, Sent, SealedAddOn['target']['sender']]>([
    [
      'a contact votes in our poll, sealed with LIDs',
      { from: { remoteJid: ANN, fromMe: false }, poll: { fromMe: false }, author: SELF.lid, voter: ANN },
      'me'
    ],
    [
      'a contact votes in our poll, sealed with phone numbers',
      {
        from: { remoteJid: ANN, remoteJidAlt: ANN_PHONE, fromMe: false },
        poll: { fromMe: false },
        author: SELF.jid,
        voter: ANN_PHONE
      },
      'me'
    ],
    [
      'a contact votes in their own poll',
      { from: { remoteJid: ANN, fromMe: false }, poll: { fromMe: true }, author: ANN, voter: ANN },
      { jid: ANN }
    ],
    [
      'we vote in a contact’s poll on the phone',
      {
        from: { remoteJid: ANN, fromMe: true },
        poll: { fromMe: false, remoteJid: ANN },
        author: ANN,
        voter: SELF.lid
      },
      { jid: ANN }
    ],
    [
      'a member votes in our poll in a group',
      {
        from: { remoteJid: GROUP, participant: ANN, fromMe: false },
        poll: { participant: SELF.jid },
        author: SELF.lid,
        voter: ANN
      },
      'me'
    ],
    [
      'a member votes in their own poll, named by one address and sealed with the other',
      {
        from: { remoteJid: GROUP, participant: ANN, participantAlt: ANN_PHONE, fromMe: false },
        poll: { participant: ANN_PHONE },
        author: ANN,
        voter: ANN
      },
      { jid: ANN_PHONE }
    ]
  ])('%s', (_, sent, sender) => {
    const addOn = voted(sent)
    expect(addOn.target).toEqual({ sender, whatsAppId: 'POLL' })
    expect(opened(encoded(question), addOn)).toMatchObject([
      { kind: 'change', change: { to: 'voted', hashes: hashes('Später'), at: 1_767_225_600_000 } }
    ])
  })
})

const vote = (options: ReadonlyArray<string>, secret = SECRET): SealedAddOn => {
  const { encIv, encPayload } = seal(options, ANN, ANN, secret)
  return {
    kind: 'sealed',
    addOn: 'pollVote',
    chat: { jid: ANN },
    target: { sender: { jid: ANN }, whatsAppId: 'POLL' },
    by: { jid: ANN },
    whatsAppId: 'V',
    timestamp: 1,
    live: true,
    self: SELF,
    payload: encPayload.toString('base64'),
    iv: encIv.toString('base64'),
    keyId: 'POLL',
    authors: [ANN_PHONE, ANN],
    targetAuthors: [ANN_PHONE, ANN]
  }
}

test('a withdrawn vote chooses nothing', () => {
  expect(opened(encoded(question), vote([]))).toMatchObject([{ change: { to: 'voted', hashes: [] } }])
})
test('a poll in an envelope opens its votes', () => {
  const { messageContextInfo = null, pollCreationMessageV3 = null } = question
  const inner = { pollCreationMessageV3 }
  for (const poll of [
    { ephemeralMessage: { message: inner }, messageContextInfo },
    { pollCreationMessageV4: { message: { ...inner, messageContextInfo } } }
  ])
    expect(opened(encoded(poll), vote(['Now']))).toMatchObject([{ change: { hashes: hashes('Now') } }])
})

describe('an add-on stays closed with', () => {
  test.each<[string, Uint8Array, SealedAddOn]>([
    ['another secret', encoded(question), vote(['Now'], randomBytes(32))],
    ['a message without secret', encoded({ ...question, messageContextInfo: null }), vote(['Now'])],
    ['what is no message', Buffer.from('ffffffff', 'hex'), vote(['Now'])],
    ['nothing', Buffer.alloc(0), vote(['Now'])],
    ['no payload', encoded(question), { ...vote(['Now']), payload: '' }],
    ['an impossible iv', encoded(question), { ...vote(['Now']), iv: 'AA==' }],
    ['nobody who may have written it', encoded(question), { ...vote(['Now']), authors: [] }],
    ['another message’s id', encoded(question), { ...vote(['Now']), keyId: 'OTHER' }],
    ['another use case', encoded(question), { ...vote(['Now']), addOn: 'eventResponse' }]
  ])('%s', (_, target, addOn) => {
    expect(opened(target, addOn)).toBeUndefined()
  })
})

test('an add-on without payload, or about nothing, changes nothing', () => {
  const facts = (message: proto.IMessage) =>
    factsOfLiveMessage(SELF, { key: { id: 'V', remoteJid: ANN } }, overTheWire(message), Buffer.alloc(0))
  expect(facts({ pollUpdateMessage: { pollCreationMessageKey: { id: 'POLL' } } })).toMatchObject([
    { name: 'changeOfNothing' }
  ])
  expect(facts({ pollUpdateMessage: { vote: seal([], ANN, ANN) } })).toMatchObject([
    { name: 'changeOfNothing' }
  ])
  expect(facts({ encReactionMessage: { targetMessageKey: { id: 'POST' } } })).toMatchObject([
    { name: 'changeOfNothing' }
  ])
  expect(facts({ secretEncryptedMessage: { ...seal([], ANN, ANN), secretEncType: 2 } })).toMatchObject([
    { name: 'changeOfNothing' }
  ])
})

/** Fields that are newer than Baileys' schema, encoded by hand. */
const lengthDelimited = (field: number, value: Uint8Array): Buffer => {
  const varint = (value: number): Array<number> =>
    value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
  return Buffer.from([...varint(field * 8 + 2), ...varint(value.length), ...value])
}
const edit = (editedMessage: proto.IMessage): proto.IMessage => ({
  protocolMessage: { type: 14, key: { id: 'POST' }, editedMessage, timestampMs: 5000 }
})
const newPoll = lengthDelimited(
  119,
  proto.Message.PollCreationMessage.encode({ name: 'Where?', options: [{ optionName: 'Sea' }] }).finish()
)

/** In a group, about Ann's post. */
const addedBy = (
  author: string,
  useCase: string,
  plaintext: Uint8Array,
  carry: (sealed: { encIv: Uint8Array; encPayload: Uint8Array }) => proto.IMessage,
  targetAuthor = ANN
) => {
  const sealing = { secret: SECRET, useCase, targetId: 'POST', targetAuthor, author, plaintext }
  const addOn = arrived(carry(sealed(sealing)), { remoteJid: GROUP, participant: author, fromMe: false })
  return opened(encoded({ conversation: 'post', messageContextInfo: { messageSecret: SECRET } }), addOn)
}
const editOf = (secretEncType: number) => (parts: object) => ({
  // The key is written from the editor's point of view.
  secretEncryptedMessage: { targetMessageKey: { id: 'POST', fromMe: true }, ...parts, secretEncType },
  messageContextInfo: { messageSecret: Buffer.alloc(32, 3) }
})
const about = { id: 'POST', participant: ANN, remoteJid: GROUP }
const nextSecret = Buffer.alloc(32, 3).toString('base64')

describe('each kind of add-on is understood:', () => {
  test('an edit of a text, with the secret of the next edit', () => {
    expect(addedBy(ANN, 'Message Edit', encoded(edit({ conversation: 'better' })), editOf(2))).toMatchObject([
      {
        target: { sender: { jid: ANN }, whatsAppId: 'POST' },
        by: { jid: ANN },
        change: { to: 'edited', body: 'better', at: 5000, secret: nextSecret }
      }
    ])
  })
  test('an edit of a caption', () => {
    const plaintext = encoded(edit({ imageMessage: { caption: 'a better caption' } }))
    expect(addedBy(ANN, 'Message Edit', plaintext, editOf(2))).toMatchObject([
      { change: { to: 'edited', body: 'a better caption' } }
    ])
  })
  test('an edit of an event', () => {
    const event = {
      eventMessage: { name: 'Picnic', location: { name: 'Lake', degreesLatitude: 1, degreesLongitude: 2 } }
    }
    for (const plaintext of [encoded(edit(event)), encoded(event)])
      expect(addedBy(ANN, 'Event Edit', plaintext, editOf(1))).toMatchObject([
        { change: { to: 'edited', body: 'Picnic\nLake', location: { name: 'Lake', latitude: 1 } } }
      ])
  })
  test('an edit of a poll, in the field that is newer than the schema too', () => {
    const inEdit = lengthDelimited(
      12,
      Buffer.concat([
        proto.Message.ProtocolMessage.encode({ type: 14 }).finish(),
        lengthDelimited(14, newPoll)
      ])
    )
    for (const plaintext of [newPoll, inEdit])
      expect(addedBy(ANN, 'Poll Edit', plaintext, editOf(4))).toMatchObject([
        { change: { to: 'pollChanged', change: { question: 'Where?', options: ['Sea'] } } }
      ])
  })
  test.each(['Poll Add Option', 'Poll Edit'])('an option that a member added, sealed as %s', useCase => {
    const option = proto.Message.PollCreationMessage.Option.encode({ optionName: 'Hills' }).finish()
    const plaintext = lengthDelimited(121, lengthDelimited(2, option))
    const carry = (parts: object) => ({
      secretEncryptedMessage: { targetMessageKey: about, ...parts, secretEncType: 5 }
    })
    expect(addedBy(BOB, useCase, plaintext, carry)).toMatchObject([
      { by: { jid: BOB }, change: { to: 'pollChanged', change: { added: 'Hills' } } }
    ])
  })
  test('a reaction', () => {
    const plaintext = proto.Message.ReactionMessage.encode({ text: '👍', senderTimestampMs: 7000 }).finish()
    const carry = (parts: object) => ({ encReactionMessage: { targetMessageKey: about, ...parts } })
    expect(addedBy(BOB, 'Enc Reaction', plaintext, carry)).toMatchObject([
      {
        target: { sender: { jid: ANN }, whatsAppId: 'POST' },
        by: { jid: BOB },
        change: { to: 'reacted', emoji: '👍', at: 7000 }
      }
    ])
  })
  test('a comment, as a message or as a comment message', () => {
    const carry = (parts: object) => ({ encCommentMessage: { targetMessageKey: about, ...parts } })
    const message = { extendedTextMessage: { text: 'well said' } }
    for (const plaintext of [
      encoded(message),
      proto.Message.CommentMessage.encode({ message, targetMessageKey: about }).finish()
    ])
      expect(addedBy(BOB, 'Enc Comment', plaintext, carry)).toMatchObject([
        {
          kind: 'message',
          sender: { jid: BOB },
          whatsAppId: 'V',
          type: 'text',
          body: 'well said',
          quoted: { whatsAppId: 'POST', sender: { jid: ANN } }
        }
      ])
  })
  test.each([
    [1, 'going'],
    [2, 'notGoing'],
    [3, 'maybe']
  ] as const)('an answer to an event: %s', (response, word) => {
    const answer = { response, extraGuestCount: 2, timestampMs: 9000 }
    const plaintext = proto.Message.EventResponseMessage.encode(answer).finish()
    const carry = (parts: object) => ({
      encEventResponseMessage: { eventCreationMessageKey: about, ...parts }
    })
    expect(addedBy(BOB, 'Event Response', plaintext, carry)).toMatchObject([
      { by: { jid: BOB }, change: { to: 'answered', response: word, extraGuests: 2, at: 9000 } }
    ])
  })
  test('a kind of edit that is newer than this server is about its message', () => {
    const carry = (parts: object) => ({
      secretEncryptedMessage: { targetMessageKey: about, ...parts, secretEncType: 9 }
    })
    const sealing = { secret: SECRET, useCase: 'x', targetId: 'POST', targetAuthor: ANN, author: BOB }
    const message = carry(sealed({ ...sealing, plaintext: encoded({ conversation: 'x' }) }))
    expect(arrived(message, { remoteJid: GROUP, participant: BOB, fromMe: false })).toMatchObject({
      addOn: 'unknown',
      target: { sender: { jid: ANN }, whatsAppId: 'POST' }
    })
  })
  test('what the server does not know is not understood, and is no empty edit', () => {
    const unknown = lengthDelimited(129, Buffer.from('??'))
    expect(addedBy(ANN, 'Message Edit', unknown, editOf(2))).toBeUndefined()
    expect(addedBy(ANN, 'Message Edit', Buffer.from('ffff', 'hex'), editOf(2))).toBeUndefined()
  })
})

test('votes and answers the phone has opened come with its history', () => {
  const hashOf = (name: string) => sha256(name).toString('hex')
  const update = (key: proto.IMessageKey, at: number, ...options: ReadonlyArray<string>) => ({
    pollUpdateMessageKey: key,
    senderTimestampMs: at,
    vote: { selectedOptions: options.map(sha256) }
  })
  const info: proto.IWebMessageInfo = {
    key: { id: 'POLL', remoteJid: GROUP, participant: '78@lid' },
    message: question,
    pollUpdates: [
      update({ participant: ANN }, 2, 'Now'),
      update({ participant: ANN }, 1, 'Später'),
      update({ fromMe: true }, 3, 'Now', 'Später'),
      update({ participant: '79@lid' }, 1, 'Später'),
      update({ participant: '79@lid' }, 2)
    ]
  }
  expect(factsOfStoredMessage(SELF, info)).toMatchObject([
    {
      votes: [
        { by: { jid: ANN }, hashes: [hashOf('Now')], at: 2 },
        { by: { jid: ANN }, hashes: [hashOf('Später')], at: 1 },
        { by: 'me', hashes: [hashOf('Now'), hashOf('Später')], at: 3 },
        { by: { jid: '79@lid' }, hashes: [hashOf('Später')], at: 1 },
        { by: { jid: '79@lid' }, hashes: [], at: 2 }
      ]
    }
  ])
  const event: proto.IWebMessageInfo = {
    key: { id: 'EVENT', remoteJid: GROUP, participant: ANN },
    message: { eventMessage: { name: 'Picnic' } },
    eventResponses: [
      {
        eventResponseMessageKey: { participant: BOB },
        eventResponseMessage: { response: 1, timestampMs: 2 }
      },
      {
        eventResponseMessageKey: { participant: BOB },
        eventResponseMessage: { response: 2, timestampMs: 1 }
      },
      { eventResponseMessageKey: { fromMe: true }, eventResponseMessage: { response: 3, timestampMs: 1 } }
    ]
  }
  expect(factsOfStoredMessage(SELF, event)).toMatchObject([
    {
      eventResponses: [
        { sender: BOB, response: 'going', extraGuests: 0, at: 2 },
        { sender: 'me', response: 'maybe', at: 1 }
      ]
    }
  ])
})

describe('a bot’s answer', () => {
  const BOT = '867@bot'
  const answer = (children: ReadonlyArray<BinaryNode>, attrs: Record<string, string> = {}): BinaryNode => ({
    tag: 'message',
    attrs: { id: 'A1', from: BOT, t: '1767225600', ...attrs },
    content: [...children]
  })
  const enc = (id: string): BinaryNode => {
    const plaintext = encoded({ conversation: 'a marsupial' })
    const secret = Buffer.from(hkdf(SECRET, 32, { salt: Buffer.alloc(32), info: 'Bot Message' }))
    const parts = sealed({
      secret,
      useCase: '',
      targetId: id,
      targetAuthor: SELF.lid,
      author: BOT,
      plaintext
    })
    const content = proto.MessageSecretMessage.encode({ version: 1, ...parts }).finish()
    return { tag: 'enc', attrs: { type: 'msmsg', v: '2' }, content }
  }
  const meta = (attrs: Record<string, string>): BinaryNode => ({ tag: 'meta', attrs })
  const question = encoded({ conversation: 'what?', messageContextInfo: { messageSecret: SECRET } })
  const said = (stanza: BinaryNode) => {
    const [addOn] = factsOfBotAnswer(SELF, stanza)
    if (addOn?.kind !== 'sealed') throw new Error('It is a sealed add-on')
    return { addOn, facts: opened(question, addOn) }
  }

  test('is of the one who asked, whether the stanza says who that is or not', () => {
    for (const named of [{}, { target_sender_jid: SELF.lid }]) {
      const { addOn, facts } = said(answer([meta({ target_id: 'Q', ...named }), enc('A1')]))
      expect(addOn).toMatchObject({ chat: { jid: BOT }, target: { sender: 'me', whatsAppId: 'Q' } })
      expect(facts).toMatchObject([
        { kind: 'message', sender: { jid: BOT }, whatsAppId: 'A1', body: 'a marsupial', status: 'received' }
      ])
    }
  })
  test('is in the chat that the stanza names', () => {
    const target = meta({ target_id: 'Q', target_chat_jid: GROUP, target_sender_jid: SELF.lid })
    expect(said(answer([target, enc('A1')])).addOn.chat).toEqual({ jid: GROUP })
  })
  test('replaces its first part when it is a later one', () => {
    const part: BinaryNode = { tag: 'bot', attrs: { edit: 'last', edit_target_id: 'A0' } }
    expect(said(answer([meta({ target_id: 'Q' }), part, enc('A0')])).facts).toMatchObject([
      { target: { sender: { jid: BOT }, whatsAppId: 'A0' }, change: { to: 'continued', body: 'a marsupial' } }
    ])
  })
  test('to nothing changes nothing', () => {
    expect(factsOfBotAnswer(SELF, answer([enc('A1')]))).toMatchObject([{ name: 'changeOfNothing' }])
    expect(factsOfBotAnswer(SELF, answer([meta({ target_id: 'Q' })]))).toMatchObject([
      { name: 'changeOfNothing' }
    ])
  })
})

test('a secret that the phone keeps beside a message is stored in it', () => {
  const info: proto.IWebMessageInfo = {
    key: { id: 'A', remoteJid: ANN },
    message: { conversation: 'x' },
    messageSecret: SECRET
  }
  const [fact] = factsOfStoredMessage(SELF, info)
  expect(fact?.kind === 'message' && fact.raw && messageSecretIn(fact.raw)).toEqual(SECRET)
})

test('the sealing in these tests is HKDF as RFC 5869 has it', () => {
  const extracted = createHmac('sha256', Buffer.alloc(32)).update(SECRET).digest()
  const expanded = createHmac('sha256', extracted)
    .update(Buffer.concat([Buffer.from('info'), Buffer.from([1])]))
    .digest()
  expect(Buffer.from(hkdf(SECRET, 32, { salt: Buffer.alloc(32), info: 'info' }))).toEqual(expanded)
})

describe('the secret is found without Baileys where Baileys finds it:', () => {
  const secretBy = (message: proto.IMessage) =>
    unwrap(message).layers.flatMap(({ messageContextInfo: info }) =>
      info?.messageSecret?.length ? [Buffer.from(info.messageSecret)] : []
    )[0]
  const found = (bytes: Uint8Array) => {
    const secret = messageSecretIn(bytes)
    return secret && Buffer.from(secret)
  }

  test.each(MESSAGE_ENVELOPES)('in $name', ({ name }) => {
    const message = { [name]: { message: question } }
    expect(found(encoded(message))).toEqual(SECRET)
    expect(secretBy(proto.Message.decode(encoded(message)))).toEqual(SECRET)
  })

  test('in a context that comes in two parts', () => {
    const context = encoded({ messageContextInfo: { messageSecret: SECRET } })
    const rest = encoded({ conversation: 'x', messageContextInfo: { messageAddOnDurationInSecs: 5 } })
    expect(found(Buffer.concat([context, rest]))).toEqual(SECRET)
  })

  test.each(['pollCreationMessageV3', 'messageContextInfo', 'deviceSentMessage', 'commentMessage'])(
    'in any message with %s',
    field => {
      fc.assert(
        fc.property(fc.gen(), g => {
          const bytes = randomMessageOf(g, field)
          expect(found(bytes)).toEqual(secretBy(proto.Message.decode(bytes)))
        })
      )
    }
  )
})
