// Posts of channels, in both forms in which they come.
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { Schema } from 'effect'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOfChannel, postsIn } from '../../../../src/services/whatsapp/convert/channel.ts'
import { convertEntry, Journaled } from '../../../../src/services/whatsapp/convert/journaled.ts'
import { whyLeftOut } from '../../../../src/services/whatsapp/kinds/left-out.ts'
import { SELF } from './content/shown.ts'
import { messageFields, randomMessageOf } from './random-protobuf.ts'

const CHANNEL = '120363000000000001@newsletter'

const factsOf = (stanza: BinaryNode) => {
  const entry = { kind: 'channel', self: SELF, channel: CHANNEL, posts: postsIn(stanza) }
  return convertEntry(Schema.decodeUnknownSync(Journaled)(JSON.parse(JSON.stringify(entry)))).facts
}

const plaintext = (message: proto.IMessage): BinaryNode => ({
  tag: 'plaintext',
  attrs: {},
  content: proto.Message.encode(message).finish()
})
const post = (attrs: Record<string, string>, content: Array<BinaryNode>): BinaryNode => ({
  tag: 'message',
  attrs: { from: CHANNEL, id: 'P1', server_id: '101', t: '1767225600', type: 'text', ...attrs },
  content
})
/** The same posts as news in a notification, which has the time. */
const news = (posts: ReadonlyArray<BinaryNode>): BinaryNode => ({
  tag: 'notification',
  attrs: { from: CHANNEL, id: 'N1', type: 'newsletter', t: '1767225600' },
  content: [
    {
      tag: 'live_updates',
      attrs: {},
      content: [
        {
          tag: 'messages',
          attrs: { jid: CHANNEL },
          content: posts.map(({ attrs: { from: _from, t: _t, ...attrs }, ...node }) => ({ ...node, attrs }))
        }
      ]
    }
  ]
})

describe.each([
  ['a message', (one: BinaryNode) => one],
  ['a notification', (one: BinaryNode) => news([one])]
])('in %s', (_, form) => {
  test('a post is a message of the channel', () => {
    expect(isOfChannel(form(post({}, [])))).toBe(true)
    expect(factsOf(form(post({}, [plaintext({ conversation: 'News' })])))).toMatchObject([
      {
        kind: 'message',
        chat: { jid: CHANNEL },
        sender: { jid: CHANNEL },
        whatsAppId: 'P1',
        timestamp: 1_767_225_600_000,
        body: 'News'
      }
    ])
  })

  test('a post of the owner is the owner’s', () => {
    const own = post({ is_sender: 'true' }, [plaintext({ conversation: 'Mine' })])
    expect(factsOf(form(own))).toMatchObject([{ sender: 'me', body: 'Mine' }])
  })

  test('an edit and a deletion change the post', () => {
    const edited = post({ edit: '3' }, [
      plaintext({ conversation: 'Corrected' }),
      { tag: 'meta', attrs: { msg_edit_t: '1767225700000' } }
    ])
    expect(factsOf(form(edited))).toMatchObject([
      {
        kind: 'change',
        target: { sender: { jid: CHANNEL }, whatsAppId: 'P1' },
        change: { to: 'edited', body: 'Corrected', at: 1_767_225_700_000 }
      }
    ])
    expect(factsOf(form(post({ edit: '8' }, [])))).toMatchObject([{ change: { to: 'revoked' } }])
  })

  test('counts of reactions are left out, with their reason', () => {
    const counts = post({}, [{ tag: 'reactions', attrs: {}, content: [] }])
    expect(factsOf(form(counts))).toEqual([{ kind: 'leftOut', name: 'channelCounts' }])
  })

  test('a post of any kind is accounted for', () => {
    fc.assert(
      fc.property(fc.gen(), fc.constantFrom(...messageFields), (g, name) => {
        const content = randomMessageOf(g, name)
        const facts = factsOf(form(post({}, [{ tag: 'plaintext', attrs: {}, content }])))
        const isAccounted = facts.some(
          fact =>
            ['message', 'change', 'sealed'].includes(fact.kind) ||
            (fact.kind === 'leftOut' && whyLeftOut(fact.name) !== undefined)
        )
        expect(isAccounted).toBe(true)
      }),
      { numRuns: 200, endOnFailure: true }
    )
  })
})

test('what else is said of a channel is not taken for a post', () => {
  const others: ReadonlyArray<BinaryNode> = [
    { tag: 'notification', attrs: { from: CHANNEL, type: 'mex' } },
    { tag: 'notification', attrs: { from: '120@g.us', type: 'newsletter' } },
    { tag: 'message', attrs: { from: '77@lid' } }
  ]
  expect(others.map(isOfChannel)).toEqual([false, false, false])
})
