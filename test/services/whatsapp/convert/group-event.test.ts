// What happens to a group is told in the same words, whether it happens now or is found in the phone's history.
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import type { Fact, MessageFact } from '../../../../src/domain/fact.ts'
import { factsOfGroupNotification } from '../../../../src/services/whatsapp/convert/group-event.ts'
import { factsOfStoredMessage } from '../../../../src/services/whatsapp/convert/stored-message.ts'
import { SELF } from './content/shown.ts'

const GROUP = '120@g.us'
const ANN = '77@lid'
const { StubType } = proto.WebMessageInfo

const node = (tag: string, attrs: Record<string, string> = {}, content?: BinaryNode['content']): BinaryNode =>
  content === undefined ? { tag, attrs } : { tag, attrs, content }
const member = (jid: string, attrs: Record<string, string> = {}) => node('participant', { jid, ...attrs })

const notification = (changes: BinaryNode[], attrs: Record<string, string> = {}) =>
  node(
    'notification',
    { id: 'N1', type: 'w:gp2', from: GROUP, participant: ANN, t: '1767225600', ...attrs },
    changes
  )
const factsOf = (change: BinaryNode, attrs?: Record<string, string>) =>
  factsOfGroupNotification(SELF, notification([change], attrs))
const messageIn = (facts: ReadonlyArray<Fact>): MessageFact => {
  const [message, ...others] = facts.filter(fact => fact.kind === 'message')
  expect(others).toEqual([])
  return message!
}
const stubbed = (messageStubType: number, ...messageStubParameters: ReadonlyArray<string>) =>
  messageIn(
    factsOfStoredMessage(SELF, {
      key: { id: 'N1', remoteJid: GROUP, fromMe: false, participant: ANN },
      messageTimestamp: 1_767_225_600,
      messageStubType,
      messageStubParameters: [...messageStubParameters]
    })
  )

const B = '78@lid'
const C = '79@lid'
const people = [{ jid: B }, { jid: C }]
const members = [member(B), member(C)]

interface Telling {
  readonly live: BinaryNode
  readonly stub: readonly [number, ...ReadonlyArray<string>]
  readonly event: object
  readonly body: string
}

const tellings: ReadonlyArray<[string, Telling]> = [
  [
    'a new group',
    {
      live: node('create', { type: 'new' }, [node('group', { id: '120', subject: 'Trip' })]),
      stub: [StubType.GROUP_CREATE, 'Trip'],
      event: { kind: 'create', people: [], value: 'Trip' },
      body: 'Group "Trip" was created'
    }
  ],
  [
    'a new subject',
    {
      live: node('subject', { subject: 'Trip' }),
      stub: [StubType.GROUP_CHANGE_SUBJECT, 'Trip'],
      event: { kind: 'subject', people: [], value: 'Trip' },
      body: 'Subject changed to "Trip"'
    }
  ],
  [
    'a new description',
    {
      live: node('description', { id: 'D' }, [node('body', {}, Buffer.from('Müsli'))]),
      stub: [StubType.GROUP_CHANGE_DESCRIPTION, 'Müsli'],
      event: { kind: 'description', people: [], value: 'Müsli' },
      body: 'Description changed to "Müsli"'
    }
  ],
  [
    'a removed description',
    {
      live: node('description', {}, [node('delete')]),
      stub: [StubType.GROUP_CHANGE_DESCRIPTION],
      event: { kind: 'description', people: [], value: null },
      body: 'Description removed'
    }
  ],
  [
    'people who are added',
    {
      live: node('add', {}, members),
      stub: [StubType.GROUP_PARTICIPANT_ADD, B, C],
      event: { kind: 'add', people, value: null },
      body: '2 people were added'
    }
  ],
  [
    'somebody who is removed',
    {
      live: node('remove', {}, [member(B)]),
      stub: [StubType.GROUP_PARTICIPANT_REMOVE, B],
      event: { kind: 'remove', people: [{ jid: B }], value: null },
      body: '1 person was removed'
    }
  ],
  [
    'somebody who leaves',
    {
      live: node('remove', {}, [member(ANN)]),
      stub: [StubType.GROUP_PARTICIPANT_LEAVE, ANN],
      event: { kind: 'leave', people: [{ jid: ANN }], value: null },
      body: '1 person left'
    }
  ],
  [
    'somebody who joins by the link',
    {
      live: node('add', { reason: 'invite' }, [member(ANN)]),
      stub: [StubType.GROUP_PARTICIPANT_INVITE, ANN],
      event: { kind: 'join', people: [{ jid: ANN }], value: null },
      body: '1 person joined'
    }
  ],
  [
    'people who become admins',
    {
      live: node('promote', {}, members),
      stub: [StubType.GROUP_PARTICIPANT_PROMOTE, B, C],
      event: { kind: 'promote', people, value: null },
      body: '2 people were made admin'
    }
  ],
  [
    'somebody who is no admin any more',
    {
      live: node('demote', {}, [member(B)]),
      stub: [StubType.GROUP_PARTICIPANT_DEMOTE, B],
      event: { kind: 'demote', people: [{ jid: B }], value: null },
      body: '1 person was dismissed as admin'
    }
  ],
  [
    'a new phone number',
    {
      live: node('modify', {}, [member(B)]),
      stub: [StubType.GROUP_PARTICIPANT_CHANGE_NUMBER, B],
      event: { kind: 'number', people: [{ jid: B }], value: null },
      body: '1 person changed their phone number'
    }
  ],
  [
    'disappearing messages',
    {
      live: node('ephemeral', { expiration: '604800' }),
      stub: [StubType.CHANGE_EPHEMERAL_SETTING, '604800'],
      event: { kind: 'ephemeral', people: [], value: '604800' },
      body: 'Disappearing messages: 7 days'
    }
  ],
  [
    'messages that stay',
    {
      live: node('not_ephemeral'),
      stub: [StubType.CHANGE_EPHEMERAL_SETTING, '0'],
      event: { kind: 'ephemeral', people: [], value: '0' },
      body: 'Disappearing messages are off'
    }
  ],
  [
    'a group where only admins write',
    {
      live: node('announcement'),
      stub: [StubType.GROUP_CHANGE_ANNOUNCE, 'on'],
      event: { kind: 'announce', people: [], value: 'on' },
      body: 'Only admins can send messages'
    }
  ],
  [
    'a group where everybody writes again',
    {
      live: node('not_announcement'),
      stub: [StubType.GROUP_CHANGE_ANNOUNCE, 'off'],
      event: { kind: 'announce', people: [], value: 'off' },
      body: 'Everybody can send messages'
    }
  ],
  [
    'a locked group',
    {
      live: node('locked'),
      stub: [StubType.GROUP_CHANGE_RESTRICT, 'on'],
      event: { kind: 'lock', people: [], value: 'on' },
      body: 'Only admins can change the group’s info'
    }
  ],
  [
    'a new invite link',
    {
      live: node('invite', { code: 'ABC' }),
      stub: [StubType.GROUP_CHANGE_INVITE_LINK, 'ABC'],
      event: { kind: 'invite', people: [], value: 'ABC' },
      body: 'The invite link was reset'
    }
  ],
  [
    'who may add members',
    {
      live: node('member_add_mode', {}, Buffer.from('all_member_add')),
      stub: [StubType.GROUP_MEMBER_ADD_MODE, 'all_member_add'],
      event: { kind: 'addMode', people: [], value: 'all_member_add' },
      body: 'Everybody can add members'
    }
  ],
  [
    'whether joining needs approval',
    {
      live: node('membership_approval_mode', {}, [node('group_join', { state: 'on' })]),
      stub: [StubType.GROUP_MEMBERSHIP_JOIN_APPROVAL_MODE, 'on'],
      event: { kind: 'approval', people: [], value: 'on' },
      body: 'Admins must approve who joins'
    }
  ],
  [
    'a request to join',
    {
      live: node('created_membership_requests', { request_method: 'invite_link' }, [
        node('requested_user', { jid: B })
      ]),
      stub: [
        StubType.GROUP_MEMBERSHIP_JOIN_APPROVAL_REQUEST_NON_ADMIN_ADD,
        JSON.stringify({ lid: B }),
        'created'
      ],
      event: { kind: 'request', people: [{ jid: B }], value: 'created' },
      body: '1 person asked to join'
    }
  ],
  [
    'a rejected request to join',
    {
      live: node('revoked_membership_requests', {}, [member(B)]),
      stub: [
        StubType.GROUP_MEMBERSHIP_JOIN_APPROVAL_REQUEST_NON_ADMIN_ADD,
        JSON.stringify({ lid: B }),
        'rejected'
      ],
      event: { kind: 'request', people: [{ jid: B }], value: 'rejected' },
      body: 'A request to join was rejected'
    }
  ]
]

describe('live and in the history the same words tell of', () => {
  test.each(tellings)('%s', (_, { body, event, live, stub }) => {
    const told = { type: 'system', body, event, whatsAppId: 'N1', sender: { jid: ANN }, chat: { jid: GROUP } }
    expect(messageIn(factsOf(live))).toMatchObject({ ...told, live: true, status: 'received' })
    expect(stubbed(...stub)).toMatchObject({ ...told, live: false })
  })
})

test('the group’s picture is told by a notification of its own', () => {
  const changed = factsOf(node('set', { id: '1', author: ANN }), { type: 'picture' })
  expect(messageIn(changed)).toMatchObject({ body: 'Group picture changed', event: { kind: 'icon' } })
  expect(stubbed(StubType.GROUP_CHANGE_ICON, '1')).toMatchObject({ body: 'Group picture changed' })
  const removed = factsOf(node('delete'), { type: 'picture' })
  expect(messageIn(removed)).toMatchObject({ body: 'Group picture removed', event: { value: 'off' } })
})

describe('a group this account', () => {
  const group = node('group', { id: '120', subject: 'Trip', creation: '1700000000', creator: ANN }, [
    node('ephemeral', { expiration: '86400' }),
    member(B, { phone_number: '492@s.whatsapp.net' })
  ])
  test('was added to is not a new one, and is known by its name', () => {
    const facts = factsOf(node('create', {}, [group]))
    expect(facts).toContainEqual({
      kind: 'chat',
      chat: { jid: GROUP },
      name: 'Trip',
      ephemeralSeconds: 86_400
    })
    expect(facts).toContainEqual({
      kind: 'samePerson',
      phoneJid: '492@s.whatsapp.net',
      lidJid: B,
      at: 1_767_225_600_000
    })
    expect(messageIn(facts).event).toEqual({
      kind: 'add',
      people: [{ jid: SELF.jid, alt: SELF.lid }],
      value: null
    })
  })
  test('joined by its link was joined', () => {
    expect(messageIn(factsOf(node('create', { reason: 'invite' }, [group]))).event?.kind).toBe('join')
  })
})

test('a change tells what the chat is now', () => {
  expect(factsOf(node('subject', { subject: 'Trip' }))).toContainEqual({
    kind: 'chat',
    chat: { jid: GROUP },
    name: 'Trip'
  })
  expect(factsOf(node('not_ephemeral'))).toContainEqual({
    kind: 'chat',
    chat: { jid: GROUP },
    ephemeralSeconds: 0
  })
})

test('who is named by both addresses is one person', () => {
  const facts = factsOf(
    node('add', {}, [
      member(B, { phone_number: '492@s.whatsapp.net' }),
      member('493@s.whatsapp.net', { lid: C })
    ]),
    { participant_pn: '491@s.whatsapp.net', notify: 'Ann' }
  )
  expect(facts.filter(fact => fact.kind === 'samePerson')).toEqual([
    { kind: 'samePerson', phoneJid: '491@s.whatsapp.net', lidJid: ANN, at: 1_767_225_600_000 },
    { kind: 'samePerson', phoneJid: '492@s.whatsapp.net', lidJid: B, at: 1_767_225_600_000 },
    { kind: 'samePerson', phoneJid: '493@s.whatsapp.net', lidJid: C, at: 1_767_225_600_000 }
  ])
  expect(facts).toContainEqual({
    kind: 'contact',
    person: { jid: ANN, alt: '491@s.whatsapp.net' },
    pushName: 'Ann'
  })
  expect(messageIn(facts).event?.people).toEqual([
    { jid: B, alt: '492@s.whatsapp.net' },
    { jid: '493@s.whatsapp.net', alt: C }
  ])
})

test('somebody who leaves is known by either address', () => {
  const facts = factsOf(node('remove', {}, [member('491@s.whatsapp.net', { lid: ANN })]))
  expect(messageIn(facts).event?.kind).toBe('leave')
})

test('what we do on the phone is ours', () => {
  const facts = factsOf(node('subject', { subject: 'x' }), { participant: '70:3@lid' })
  expect(messageIn(facts)).toMatchObject({ sender: 'me', status: 'sent' })
})

test('what nobody did is the group’s own doing', () => {
  const facts = factsOfGroupNotification(SELF, {
    tag: 'notification',
    attrs: { id: 'N', type: 'w:gp2', from: GROUP, t: '1' },
    content: [node('locked')]
  })
  expect(messageIn(facts).sender).toEqual({ jid: GROUP })
})

test('several changes in one stanza are several messages', () => {
  const facts = factsOfGroupNotification(SELF, notification([node('locked'), node('announcement')]))
  expect(facts).toMatchObject([{ whatsAppId: 'N1' }, { whatsAppId: 'N1-1' }])
})

test('a change this server has no words for is kept under its name', () => {
  expect(messageIn(factsOf(node('growth_locked')))).toMatchObject({
    type: 'system',
    body: 'Group event: growth locked',
    event: { kind: 'growth_locked' }
  })
})

test('no body contains an address', () => {
  const bodies = tellings.map(([, { live }]) => messageIn(factsOf(live)).body)
  expect(bodies.filter(body => body?.includes('@'))).toEqual([])
})

describe('nothing is made of', () => {
  test.each([
    ['a notification about a person', notification([node('subject')], { from: ANN })],
    ['one without id', notification([node('subject')], { id: '' })],
    ['one without content', node('notification', { id: 'N', type: 'w:gp2', from: GROUP })],
    ['another type', notification([node('subject')], { type: 'devices' })]
  ])('%s', (_, stanza) => {
    expect(factsOfGroupNotification(SELF, stanza).filter(fact => fact.kind !== 'samePerson')).toEqual([])
  })
})

describe('other stubs of the history', () => {
  test.each([
    [StubType.CALL_MISSED_VOICE, 'Voice call', false],
    [StubType.CALL_MISSED_VIDEO, 'Video call', true],
    [StubType.CALL_MISSED_GROUP_VIDEO, 'Video call', true],
    [StubType.SILENCED_UNKNOWN_CALLER_AUDIO, 'Voice call', false]
  ])('%i is a missed call', (stub, body, video) => {
    expect(stubbed(stub)).toMatchObject({
      type: 'call',
      body,
      call: { video, outcome: 'missed', duration: null }
    })
  })
  test.each([StubType.REVOKE, StubType.ADMIN_REVOKE])('%i is a tombstone', stub => {
    expect(stubbed(stub)).toMatchObject({ type: 'revoked', body: null, event: null })
  })
  test('what the phone could not read keeps its place', () => {
    expect(stubbed(StubType.CIPHERTEXT)).toMatchObject({ type: 'undecryptable', status: 'undecryptable' })
  })
  test('the rest stays readable', () => {
    expect(stubbed(StubType.BIZ_NAME_CHANGE, 'Shop')).toMatchObject({
      type: 'system',
      body: 'biz name change: Shop',
      event: null
    })
  })
})
