// Votes are sealed as phones seal them, travel as messages do, and are opened with the stored poll.
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { aesEncryptGCM, hkdf, proto } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChangeFact } from '../../../../src/domain/fact.ts'
import { MESSAGE_ENVELOPES } from '../../../../src/domain/message-envelopes.ts'
import { openVote as openVoteOf, type SealedVote } from '../../../../src/domain/poll-vote.ts'
import { messageSecretIn } from '../../../../src/domain/sealed-add-on.ts'
import {
  factsOfLiveMessage,
  factsOfStoredMessage
} from '../../../../src/services/whatsapp/convert/message.ts'
import { unwrap } from '../../../../src/services/whatsapp/convert/unwrap.ts'
import { overTheWire, SELF } from './content/shown.ts'
import { randomMessageOf } from './random-protobuf.ts'

const SECRET = randomBytes(32)
const GROUP = '120@g.us'
const ANN = '77@lid'
const ANN_PHONE = '491@s.whatsapp.net'

const sha256 = (text: string) => createHash('sha256').update(text).digest()

const question: proto.IMessage = {
  pollCreationMessageV3: { name: 'When?', options: [{ optionName: 'Now' }, { optionName: 'Später' }] },
  messageContextInfo: { messageSecret: SECRET }
}
const encoded = (message: proto.IMessage) => proto.Message.encode(message).finish()

/** Opens a vote with the stored message of the poll. */
const openVote = (poll: Uint8Array, sealed: SealedVote) => {
  const secret = messageSecretIn(poll)
  return secret && openVoteOf({ secret, optionNames: ['Now', 'Später'] }, sealed)
}

/** The way a phone seals a vote: HKDF of the poll's secret over poll, author, voter and purpose. */
const seal = (options: ReadonlyArray<string>, author: string, voter: string, secret: Buffer = SECRET) => {
  const vote = proto.Message.PollVoteMessage.encode({ selectedOptions: options.map(sha256) }).finish()
  const key = hkdf(secret, 32, { salt: Buffer.alloc(32), info: `POLL${author}${voter}Poll Vote` })
  const encIv = randomBytes(12)
  return { encIv, encPayload: aesEncryptGCM(vote, Buffer.from(key), encIv, Buffer.from(`POLL\0${voter}`)) }
}

interface Sent {
  readonly from: proto.IMessageKey & { remoteJidAlt?: string; participantAlt?: string }
  readonly poll: proto.IMessageKey
  readonly options?: ReadonlyArray<string>
  readonly author: string
  readonly voter: string
}

const voted = ({ author, from, options = ['Später'], poll, voter }: Sent): ChangeFact => {
  const message = overTheWire({
    pollUpdateMessage: {
      pollCreationMessageKey: { id: 'POLL', ...poll },
      vote: seal(options, author, voter),
      senderTimestampMs: 1_767_225_600_000
    }
  })
  const [fact, ...others] = factsOfLiveMessage(SELF, { key: { id: 'V', ...from } }, message, encoded(message))
  expect(others).toEqual([])
  if (fact?.kind !== 'change') throw new Error('A vote is a change')
  return fact
}
const voteIn = ({ change }: ChangeFact): SealedVote => {
  if (change.to !== 'voted') throw new Error('A vote is voted')
  return change.vote
}

describe('a vote can be opened when', () => {
  test.each<[string, Sent, ChangeFact['target']['sender']]>([
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
    const fact = voted(sent)
    expect(fact).toMatchObject({ target: { sender, whatsAppId: 'POLL' }, change: { at: 1_767_225_600_000 } })
    expect(openVote(encoded(question), voteIn(fact))).toEqual(['Später'])
  })
})

const vote = (options: ReadonlyArray<string>, secret?: Buffer): SealedVote => {
  const { encIv, encPayload } = seal(options, ANN, ANN, secret)
  return {
    payload: encPayload.toString('base64'),
    iv: encIv.toString('base64'),
    pollId: 'POLL',
    voters: [ANN_PHONE, ANN],
    authors: [ANN_PHONE, ANN]
  }
}

test('a vote names all it chose', () => {
  expect(openVote(encoded(question), vote(['Später', 'Now']))).toEqual(['Now', 'Später'])
})
test('a withdrawn vote chooses nothing', () => {
  expect(openVote(encoded(question), vote([]))).toEqual([])
})
test('an option the poll does not have is not chosen', () => {
  expect(openVote(encoded(question), vote(['Never']))).toEqual([])
})
test('a poll in an envelope opens its votes', () => {
  const { messageContextInfo = null, pollCreationMessageV3 = null } = question
  const inner = { pollCreationMessageV3 }
  expect(
    openVote(encoded({ ephemeralMessage: { message: inner }, messageContextInfo }), vote(['Now']))
  ).toEqual(['Now'])
  expect(
    openVote(encoded({ pollCreationMessageV4: { message: { ...inner, messageContextInfo } } }), vote(['Now']))
  ).toEqual(['Now'])
})

describe('a vote stays closed with', () => {
  test.each<[string, Uint8Array, SealedVote]>([
    ['another secret', encoded(question), vote(['Now'], randomBytes(32))],
    ['a poll without secret', encoded({ ...question, messageContextInfo: null }), vote(['Now'])],
    ['a message that is no poll', encoded({ conversation: 'x' }), vote(['Now'])],
    ['what is no message', Buffer.from('ffffffff', 'hex'), vote(['Now'])],
    ['nothing', Buffer.alloc(0), vote(['Now'])],
    ['no payload', encoded(question), { ...vote(['Now']), payload: '' }],
    ['an impossible iv', encoded(question), { ...vote(['Now']), iv: 'AA==' }],
    ['nobody who may have voted', encoded(question), { ...vote(['Now']), voters: [] }],
    ['another poll’s id', encoded(question), { ...vote(['Now']), pollId: 'OTHER' }]
  ])('%s', (_, poll, sealed) => {
    expect(openVote(poll, sealed)).toBeUndefined()
  })
})

test('a vote without payload, or for nothing, changes nothing', () => {
  const arrived = (message: proto.IMessage) =>
    factsOfLiveMessage(SELF, { key: { id: 'V', remoteJid: ANN } }, overTheWire(message), Buffer.alloc(0))
  expect(arrived({ pollUpdateMessage: { pollCreationMessageKey: { id: 'POLL' } } })).toMatchObject([
    { name: 'changeOfNothing' }
  ])
  expect(arrived({ pollUpdateMessage: { vote: seal([], ANN, ANN) } })).toMatchObject([
    { name: 'changeOfNothing' }
  ])
})

test('votes the phone has opened are in the poll of its history; each person’s newest counts', () => {
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
      poll: {
        options: [
          { name: 'Now', voters: [ANN, 'me'] },
          { name: 'Später', voters: ['me'] }
        ]
      }
    }
  ])
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
