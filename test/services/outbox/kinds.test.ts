// Every kind of sending has all its parts, and wherever kinds are listed for people, each is named.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OpenApi } from 'effect/http-api'
import { Schema } from 'effect'
import { describe, expect, test } from 'vitest'
import { Api } from '../../../src/http/api.ts'
import {
  KINDS,
  kindOf,
  OutboxContent,
  REQUEST_FIELDS,
  REQUESTABLE
} from '../../../src/services/outbox/kinds/index.ts'
import { SendRequest } from '../../../src/services/outbox/request.ts'
import { encodeOutgoing, outgoingContent } from '../../../src/services/whatsapp/convert/outgoing.ts'

const TARGET = { messageId: 'A1_me', whatsAppId: 'A1', sender: null }

/** One content of each kind. A new kind needs one here. */
const EXAMPLES: ReadonlyArray<OutboxContent> = [
  { kind: 'text', text: 'private' },
  { kind: 'media', type: 'image', file: 'ab', size: 1, mimeType: 'image/png', caption: 'private' },
  {
    kind: 'album',
    parts: ['A2', 'A3'].map(whatsAppId => ({
      whatsAppId,
      content: {
        kind: 'media',
        type: 'image',
        file: 'ab',
        size: 1,
        mimeType: 'image/png',
        caption: 'private'
      }
    }))
  },
  { kind: 'location', latitude: 1, longitude: 2, name: 'private' },
  { kind: 'contact', contacts: [{ name: 'private', phoneNumber: '491' }] },
  { kind: 'poll', question: 'private', options: ['private 1', 'private 2'], selectable: 1, secret: 'AAAA' },
  { kind: 'event', name: 'private', description: 'private', startAt: 1, extraGuests: false },
  {
    kind: 'forward',
    type: 'text',
    message: Buffer.from(encodeOutgoing({ extendedTextMessage: { text: 'private' } })).toString('base64'),
    forwardingScore: 1
  },
  { kind: 'pin', target: TARGET, seconds: 86_400 },
  { kind: 'unpin', target: TARGET },
  { kind: 'reaction', target: TARGET, emoji: 'private' },
  { kind: 'edit', target: TARGET, text: 'private' },
  { kind: 'revoke', target: TARGET },
  { kind: 'read', targets: [TARGET] }
]

const SELF = { jid: '490@s.whatsapp.net' }
const PLACE = {
  destination: { toJid: '491@s.whatsapp.net', selfJid: SELF.jid, now: 1000, ephemeralSeconds: 0 },
  accompanying: {},
  changed: undefined
}
const isContent = Schema.is(OutboxContent)

test('there is an example of every kind, and no kind twice', () => {
  expect(EXAMPLES.map(({ kind }) => kind).toSorted()).toEqual(KINDS.map(({ kind }) => kind).toSorted())
  expect(new Set(KINDS.map(({ kind }) => kind)).size).toBe(KINDS.length)
})

describe.each(EXAMPLES.map(content => [content.kind, content] as const))('%s', (_, content) => {
  const kind = kindOf(content)

  test('is stored by its schema, and what is left of it after its end has no words', () => {
    expect(isContent(JSON.parse(JSON.stringify(content)))).toBe(true)
    const left = kind.redact()
    expect(isContent(left)).toBe(true)
    expect(left.kind).toBe(content.kind)
    expect(JSON.stringify(left)).not.toContain('private')
  })

  test('is something on the wire', () => {
    const wire = kind.wire(PLACE)
    if (wire.as === 'readReceipts') return expect(wire.targets).toEqual([TARGET])
    const bytes = encodeOutgoing(wire.message)
    expect(bytes.length).toBeGreaterThan(0)
    // A message of its own becomes a document by the converters of received messages, and nothing else does.
    expect(outgoingContent(SELF, bytes, PLACE.destination.toJid) !== undefined).toBe(
      kind.document.is === 'new'
    )
  })

  test('changes its document once it is sent', () => {
    const changes = kind.effect({ at: 2000, confirmedAt: 2000 })
    expect(changes.length > 0).toBe(kind.document.is !== 'none')
    expect(kind.document.is === 'existing' ? kind.document.messageId : TARGET.messageId).toBe('A1_me')
  })

  test('has a name that is documented', () => {
    expect(documentOf('data-model.md')).toContain(`\`${kind.publicName}\``)
  })
})

test('edits, deletions, polls, events and pins say outside of their encryption what they are', () => {
  const group = '1203@g.us'
  const stanza = (content: OutboxContent, toJid = '491@s.whatsapp.net') => kindOf(content).stanza(toJid)
  const theirs = { ...TARGET, sender: '491@s.whatsapp.net' }
  expect(stanza({ kind: 'edit', target: TARGET, text: 'x' })).toEqual({ edit: '1' })
  expect(stanza({ kind: 'revoke', target: TARGET })).toEqual({ edit: '7' })
  expect(stanza({ kind: 'revoke', target: TARGET }, group)).toEqual({ edit: '7' })
  expect(stanza({ kind: 'revoke', target: theirs }, group)).toEqual({ edit: '8' })
  const poll = { kind: 'poll', question: 'q', options: [], selectable: 0, secret: '' } as const
  expect(stanza(poll)).toEqual({ meta: { polltype: 'creation' } })
  expect(stanza({ kind: 'event', name: 'x', startAt: 1, extraGuests: false })).toEqual({
    meta: { event_type: 'creation' }
  })
  expect(stanza({ kind: 'pin', target: TARGET, seconds: 86_400 })).toEqual({ edit: '2' })
  expect(stanza({ kind: 'unpin', target: TARGET })).toEqual({ edit: '2' })
  expect(stanza({ kind: 'text', text: 'x' })).toEqual({})
})

const documentOf = (name: string) =>
  readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', name), 'utf8')

describe('what an application asks for by', () => {
  const { components, paths } = OpenApi.fromApi(Api)
  const schema = components.schemas['SendRequest'] as { properties: Record<string, unknown> }
  const { description } = paths['/v1/accounts/{accountId}/messages']!.post!

  test.each(REQUEST_FIELDS)('%s is a field of requests, in the API and its documentation', field => {
    expect(Object.keys(SendRequest.fields)).toContain(field)
    expect(REQUESTABLE[field].compose).toBeTypeOf('function')
    expect(Object.keys(schema.properties)).toContain(field)
    expect(description).toMatch(new RegExp(`\\b${field}\\b`))
    expect(documentOf('sending.md')).toContain(`| \`${field}\` |`)
  })
})
