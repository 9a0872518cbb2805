// The formats of other servers: which requests an event becomes, and that their fields are called as there.
import type { proto, WAMessage, WAMessageUpdate } from '@whiskeysockets/baileys'
import type { BaileysEventMap } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import type { CloudEvent } from '../../../src/domain/cloud-event.ts'
import { messageKeyOf, threadIdOf } from '../../../src/domain/ids.ts'
import type { AccountState } from '../../../src/domain/account.ts'
import { EXAMPLES } from '../../../src/domain/examples.ts'
import { type Call, type Message, NO_DETAILS } from '../../../src/domain/message.ts'
import type { Thread } from '../../../src/domain/thread.ts'
import type { Format, Material } from '../../../src/services/webhooks/formats/format.ts'
import { FORMATS } from '../../../src/services/webhooks/formats/formats.ts'
import { messageJson } from '../../../src/services/whatsapp/convert/message-json.ts'
import { encodedMessage } from '../../../src/services/whatsapp/convert/protobuf.ts'

const ACCOUNT = 'acc-1'
const ANN = '491@s.whatsapp.net'
const ME = '490@s.whatsapp.net'
const GROUP = '120@g.us'
const AT = Date.UTC(2026, 0, 1)

const messageFrom = (chat: string, extra: Partial<Message> = {}): Message => ({
  accountId: ACCOUNT,
  threadId: threadIdOf(ACCOUNT, chat),
  messageId: 'A1_them',
  messageKey: messageKeyOf(threadIdOf(ACCOUNT, chat), 'A1_them'),
  whatsAppId: 'A1',
  direction: 'inbound',
  sender: ANN,
  senderName: 'Ann',
  type: 'text',
  body: 'hello',
  ...NO_DETAILS,
  media: null,
  association: null,
  albumMessageId: null,
  quotedWhatsAppId: null,
  quotedMessageId: null,
  quoted: null,
  reactions: [],
  edits: [],
  starred: false,
  labels: [],
  deletedForMeAt: null,
  unreadableAddOns: 0,
  status: 'received',
  statusReason: null,
  tsClient: AT,
  tsClaimed: null,
  tsServer: AT,
  ...extra
})

type Type = Extract<CloudEvent['type'], `message.${string}` | `call.${string}`>

const about = (type: Type, message: Message, changed: ReadonlyArray<string> = []): Material => ({
  event: {
    specversion: '1.0',
    id: '4711',
    source: `/v1/accounts/${ACCOUNT}`,
    type,
    time: new Date(AT).toISOString(),
    datacontenttype: 'application/json',
    data: { message: { ...message, bodyShortened: false }, changed }
  } as CloudEvent,
  account: { accountId: ACCOUNT, name: 'Shop', jid: ME },
  content: undefined,
  url: 'https://example.com/hook'
})

const aboutThread: Material = {
  ...about('message.stored', messageFrom(ANN)),
  event: {
    ...about('message.stored', messageFrom(ANN)).event,
    type: 'thread.changed',
    data: {
      thread: {
        accountId: ACCOUNT,
        threadId: threadIdOf(ACCOUNT, ANN),
        displayName: 'Ann',
        unreadCount: 3,
        archived: false,
        pinnedAt: null,
        mutedUntil: null,
        lastMessageAt: AT
      } as Thread
    }
  } as CloudEvent
}

const NONE = { event: '', body: {} as Record<string, unknown> }

const told = (format: Format, material: Material) =>
  format
    .payloadsOf(material)
    .map(({ body, event }) => ({ event, body: JSON.parse(JSON.stringify(body)) as Record<string, unknown> }))

const extended = { extendedTextMessage: { text: 'hello', contextInfo: { stanzaId: 'Q1', participant: ANN } } }
const withContent = (material: Material): Material => ({
  ...material,
  content: messageJson(encodedMessage(extended)!)
})

const stored = about('message.stored', messageFrom(ANN))
const inGroup = about('message.stored', messageFrom(GROUP))
const own = about('message.stored', messageFrom(ANN, { direction: 'outbound', sender: null, status: 'sent' }))
const read = about(
  'message.status',
  messageFrom(ANN, { direction: 'outbound', sender: null, status: 'read' }),
  ['status']
)
const reacted = about(
  'message.reaction',
  messageFrom(GROUP, {
    reactions: [
      { sender: 'me', emoji: '👍', at: AT },
      { sender: ANN, emoji: '🙏', at: AT + 5000 }
    ]
  }),
  ['reactions']
)
const poll = {
  question: 'When?',
  selectable: 1,
  options: [
    { name: 'Now', voters: [ANN] },
    { name: 'Later', voters: [] }
  ]
}
const voted = about(
  'message.vote',
  messageFrom(ANN, { type: 'poll', body: null, poll, direction: 'outbound', sender: null })
)
const edited = about(
  'message.changed',
  messageFrom(ANN, { body: 'hello!', edits: [{ body: 'hello', editedAt: AT + 1000 }] }),
  ['body', 'edits']
)
const revoked = about('message.changed', messageFrom(ANN, { type: 'revoked', body: null }), ['type', 'body'])
const starred = about('message.changed', messageFrom(ANN, { starred: true }), ['starred'])

describe('baileys-raw', () => {
  const format = FORMATS['baileys-raw']
  const dataOf = <Event extends keyof BaileysEventMap>(material: Material, event: Event) => {
    const [only, ...others] = told(format, material)
    expect(others).toEqual([])
    expect(only).toMatchObject({ event, body: { event, sessionId: ACCOUNT } })
    return only!.body['data'] as BaileysEventMap[Event]
  }

  test('a message is one that Baileys gives, with its protobuf where that is kept', () => {
    const expected: WAMessage = {
      key: { remoteJid: ANN, fromMe: false, id: 'A1' },
      messageTimestamp: AT / 1000,
      pushName: 'Ann',
      broadcast: false,
      message: { conversation: 'hello' }
    }
    expect(dataOf(stored, 'messages.upsert')).toEqual({ messages: [expected], type: 'notify' })
    expect(dataOf(withContent(stored), 'messages.upsert').messages[0]!.message).toEqual(extended)
    expect(dataOf(inGroup, 'messages.upsert').messages[0]!.key).toEqual({
      remoteJid: GROUP,
      fromMe: false,
      id: 'A1',
      participant: ANN
    })
    expect(dataOf(own, 'messages.upsert').messages[0]).toMatchObject({ key: { fromMe: true }, status: 2 })
  })

  test('changes are updates', () => {
    const key = { remoteJid: ANN, fromMe: false, id: 'A1' }
    const updates = (material: Material): ReadonlyArray<WAMessageUpdate> =>
      dataOf(material, 'messages.update')
    expect(updates(read)).toEqual([{ key: { ...key, fromMe: true }, update: { status: 4 } }])
    expect(updates(revoked)).toEqual([{ key, update: { message: null, messageStubType: 1 } }])
    expect(updates(edited)).toEqual([
      {
        key,
        update: {
          message: { editedMessage: { message: { conversation: 'hello!' } } },
          messageTimestamp: AT / 1000 + 1
        }
      }
    ])
    expect(updates(starred)).toEqual([{ key, update: { starred: true } }])
    expect(told(format, about('message.media', messageFrom(ANN), ['media']))).toEqual([])
  })

  test('a reaction is the newest one; votes are those that Baileys adds up', async () => {
    const [reaction] = dataOf(reacted, 'messages.reaction')
    expect(reaction).toEqual({
      key: { remoteJid: GROUP, fromMe: false, id: 'A1', participant: ANN },
      reaction: {
        key: { remoteJid: GROUP, fromMe: false, id: 'A1', participant: ANN },
        text: '🙏',
        senderTimestampMs: AT + 5000
      } satisfies proto.IReaction
    })
    const { getAggregateVotesInPollMessage } = await import('@whiskeysockets/baileys')
    const [{ update }] = dataOf(voted, 'messages.update') as unknown as [
      { update: { pollUpdates: Array<{ vote: { selectedOptions: Array<string> } }> } }
    ]
    const pollUpdates = update.pollUpdates.map(one => ({
      ...one,
      vote: { selectedOptions: one.vote.selectedOptions.map(hash => Buffer.from(hash, 'base64')) }
    }))
    const message = {
      pollCreationMessage: { options: poll.options.map(({ name }) => ({ optionName: name })) }
    }
    expect(getAggregateVotesInPollMessage({ message, pollUpdates }, ME)).toEqual(poll.options)
  })

  test('a conversation is a chat', () => {
    expect(dataOf(aboutThread, 'chats.update')).toEqual([
      {
        id: ANN,
        name: 'Ann',
        unreadCount: 3,
        archived: false,
        pinned: null,
        muteEndTime: null,
        conversationTimestamp: AT / 1000
      }
    ])
  })
})

// Names: https://github.com/EvolutionAPI/evolution-api, webhook.controller.ts and whatsapp.baileys.service.ts of version 2.3.
describe('evolution', () => {
  const format = FORMATS.evolution
  const key = { remoteJid: ANN, fromMe: false, id: 'A1' }

  test('the envelope has no key of this server', () => {
    const [{ body } = NONE] = told(format, stored)
    expect(body).toEqual({
      event: 'messages.upsert',
      instance: 'Shop',
      data: {
        key,
        pushName: 'Ann',
        status: 'DELIVERY_ACK',
        message: { conversation: 'hello' },
        messageType: 'conversation',
        contextInfo: null,
        messageTimestamp: AT / 1000,
        instanceId: ACCOUNT,
        source: 'unknown'
      },
      destination: 'https://example.com/hook',
      date_time: new Date(AT).toISOString(),
      sender: ME,
      server_url: null,
      apikey: null
    })
  })

  test('a long text is a conversation with its context; an own message is also one that was sent', () => {
    const [{ body } = NONE] = told(format, withContent(stored))
    expect(body['data']).toMatchObject({
      messageType: 'conversation',
      message: { conversation: 'hello' },
      contextInfo: { stanzaId: 'Q1' }
    })
    expect(told(format, own).map(({ event }) => event)).toEqual(['messages.upsert', 'send.message'])
  })

  test.each([
    [
      'a status',
      read,
      'messages.update',
      {
        messageId: 'A1_them',
        keyId: 'A1',
        remoteJid: ANN,
        fromMe: true,
        participant: null,
        instanceId: ACCOUNT,
        status: 'READ'
      }
    ],
    ['a vote', voted, 'messages.update', { keyId: 'A1', pollUpdates: poll.options }],
    ['a deletion', revoked, 'messages.delete', key],
    [
      'an edit',
      edited,
      'messages.edited',
      { key, type: 'MESSAGE_EDIT', editedMessage: { conversation: 'hello!' }, timestampMs: String(AT + 1000) }
    ],
    [
      'a reaction',
      reacted,
      'messages.upsert',
      {
        key: { remoteJid: GROUP, fromMe: false, participant: ANN },
        messageType: 'reactionMessage',
        message: { reactionMessage: { key: { id: 'A1' }, text: '🙏' } }
      }
    ],
    [
      'a conversation',
      aboutThread,
      'chats.update',
      [{ remoteJid: ANN, instanceId: ACCOUNT, unreadMessages: 3 }]
    ]
  ])('%s', (_, material, event, data) => {
    expect(told(format, material)).toMatchObject([{ event, body: { event, data } }])
  })
})

// Names: https://github.com/devlikeapro/waha, src/structures/webhooks.dto.ts and responses.dto.ts.
describe('waha', () => {
  const format = FORMATS.waha

  test('a message of somebody is also any message; chats are written as c.us', () => {
    const [message, any] = told(format, withContent(stored))
    expect([message!.event, any!.event]).toEqual(['message', 'message.any'])
    expect(message!.body).toEqual({
      id: 'evt_4711_0',
      timestamp: AT,
      event: 'message',
      session: 'Shop',
      metadata: { accountId: ACCOUNT },
      me: { id: '490@c.us', pushName: null },
      engine: 'NOWEB',
      environment: { version: 'backscroll', engine: 'NOWEB', tier: 'CORE', browser: null },
      payload: {
        id: 'false_491@c.us_A1',
        timestamp: AT / 1000,
        from: '491@c.us',
        fromMe: false,
        to: '490@c.us',
        participant: null,
        body: 'hello',
        hasMedia: false,
        media: null,
        mediaUrl: null,
        ack: 2,
        ackName: 'DEVICE',
        location: null,
        vCards: [],
        replyTo: null,
        _data: { message: extended, pushName: 'Ann' }
      }
    })
    expect(any!.body).toEqual({ ...message!.body, event: 'message.any', id: 'evt_4711_1' })
    expect(told(format, own)).toMatchObject([
      {
        event: 'message.any',
        body: { payload: { id: 'true_491@c.us_A1', from: '490@c.us', to: '491@c.us' } }
      }
    ])
    expect(told(format, inGroup)[0]).toMatchObject({
      body: { payload: { id: 'false_120@g.us_A1', from: GROUP, to: GROUP, participant: '491@c.us' } }
    })
  })

  test.each([
    [
      'a status',
      read,
      'message.ack',
      {
        id: 'true_491@c.us_A1',
        from: '490@c.us',
        to: '491@c.us',
        participant: null,
        fromMe: true,
        ack: 3,
        ackName: 'READ'
      }
    ],
    [
      'a reaction',
      reacted,
      'message.reaction',
      { fromMe: false, participant: '491@c.us', reaction: { text: '🙏', messageId: 'false_120@g.us_A1' } }
    ],
    [
      'a vote',
      voted,
      'poll.vote',
      {
        vote: { from: '491@c.us', to: '490@c.us', fromMe: false, selectedOptions: ['Now'], timestamp: AT },
        poll: { id: 'true_491@c.us_A1', from: '490@c.us', to: '491@c.us', fromMe: true }
      }
    ],
    [
      'a deletion',
      revoked,
      'message.revoked',
      { after: { id: 'false_491@c.us_A1', body: null }, before: null, revokedMessageId: 'A1' }
    ],
    [
      'an edit',
      withContent(edited),
      'message.edited',
      { body: 'hello!', editedMessageId: 'A1', _data: { message: { conversation: 'hello!' } } }
    ]
  ])('%s', (_, material, event, payload) => {
    expect(told(format, material)).toMatchObject([{ event, body: { event, payload } }])
  })
})

const other = (event: Pick<CloudEvent, 'type' | 'data'>): Material => ({
  ...stored,
  event: { ...stored.event, ...event } as CloudEvent
})

const stateOf = (state: AccountState): Material =>
  other({
    type: 'account.state',
    data: { accountId: ACCOUNT, state, from: 'connecting', suspension: null, at: AT }
  })
const offered = other({
  type: 'account.pairing',
  data: { accountId: ACCOUNT, offer: { method: 'qr', text: '2@qr', expiresAt: AT } }
})
const renamed = other({
  type: 'contact.changed',
  data: {
    accountId: ACCOUNT,
    contactJid: ANN,
    contact: { ...EXAMPLES.Contact, contactJid: ANN, name: 'Ann', pushName: 'Annie' }
  }
})
const callOf = (
  outcome: Call['outcome'],
  type: Type = outcome === 'ringing' ? 'call.ringing' : 'call.ended'
): Material =>
  about(
    type,
    messageFrom(ANN, { type: 'call', body: null, call: { video: true, outcome, duration: null } }),
    outcome === 'ringing' ? [] : ['call']
  )

describe('accounts, contacts and calls', () => {
  test.each([
    ['evolution', stateOf('open'), { event: 'connection.update', data: { instance: 'Shop', state: 'open' } }],
    ['evolution', stateOf('reconnecting'), { data: { state: 'connecting' } }],
    [
      'evolution',
      offered,
      { event: 'qrcode.updated', data: { qrcode: { code: '2@qr', pairingCode: null } } }
    ],
    ['evolution', renamed, { event: 'contacts.update', data: [{ remoteJid: ANN, pushName: 'Annie' }] }],
    ['evolution', callOf('ringing'), { event: 'call', data: { from: ANN, status: 'offer', isVideo: true } }],
    [
      'waha',
      stateOf('pairing'),
      { event: 'session.status', payload: { name: 'Shop', status: 'SCAN_QR_CODE' } }
    ],
    ['waha', stateOf('banned'), { payload: { status: 'FAILED' } }],
    ['waha', callOf('ringing'), { event: 'call.received', payload: { from: '491@c.us', isVideo: true } }],
    ['waha', callOf('declined'), { event: 'call.rejected' }],
    // It is over when it is delivered that it rang.
    ['waha', callOf('declined', 'call.ringing'), { event: 'call.received' }],
    ['evolution', callOf('missed', 'call.ringing'), { event: 'call', data: { status: 'offer' } }],
    ['baileys-raw', stateOf('loggedOut'), { event: 'connection.update', data: { connection: 'close' } }],
    ['baileys-raw', offered, { event: 'connection.update', data: { qr: '2@qr' } }],
    ['baileys-raw', renamed, { event: 'contacts.update', data: [{ id: ANN, name: 'Ann', notify: 'Annie' }] }],
    ['baileys-raw', callOf('missed'), { event: 'call', data: [{ id: 'A1', status: 'timeout' }] }]
  ] as const)('%s', (name, material, body) => {
    expect(FORMATS[name].payloadsOf(material)).toMatchObject([{ body }])
  })
})

test('each format has the events that it names, and tells nothing of what is gone', () => {
  const calls = (['ringing', 'answered', 'declined', 'missed'] as const).map(outcome => callOf(outcome))
  const others = [stateOf('open'), offered, renamed, ...calls]
  const all = [stored, inGroup, own, read, reacted, voted, edited, revoked, starred, aboutThread, ...others]
  const nowhere = { accountId: 'acc-1', threadId: 't', messageId: 'm', message: null, changed: [] }
  const gone = { ...stored, event: { ...stored.event, data: nowhere } as CloudEvent }
  for (const format of Object.values(FORMATS)) {
    const events = all.flatMap(material => format.payloadsOf(material)).map(({ event }) => event)
    expect(format.events).toEqual(expect.arrayContaining([...new Set(events)]))
    expect(format.events.toSorted()).toEqual(
      [...new Set([...events, 'webhook.test', 'events.missed'])].toSorted()
    )
    expect(format.payloadsOf(gone)).toEqual([])
  }
})
