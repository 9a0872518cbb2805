// What cannot be sent is refused when it is asked for, and the refusal names the field.
import { describe, expect, test } from 'vitest'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage({ MEDIA_URL_PRIVATE: 'true', MEDIA_MAX_MB: '2' })

const linked = () => shared().linked({ history: { chats: 3, messages: 30, groupsShare: 0.34 } })

describe('bad requests name the field', () => {
  test.each([
    ['nothing to send', {}, 'text'],
    ['two things at once', { text: 'a', location: { latitude: 1, longitude: 1 } }, 'text'],
    ['text that nobody sees', { text: ' \n ' }, 'text'],
    ['broken text', { text: 'a\uD800' }, 'text'],
    ['a place that is none', { location: { latitude: 91, longitude: 0 } }, 'latitude'],
    ['a poll with one option', { poll: { question: 'q', options: ['a'] } }, 'options'],
    ['a poll with equal options', { poll: { question: 'q', options: ['a', 'a'] } }, 'poll.options'],
    ['too many choices', { poll: { question: 'q', options: ['a', 'b'], selectable: 3 } }, 'poll.selectable'],
    ['a reaction to nothing', { reaction: { messageId: 'nope', emoji: '👍' } }, 'reaction.messageId'],
    ['an edit of nothing', { edit: { messageId: 'nope', text: 'x' } }, 'edit.messageId'],
    ['a reply to nothing', { text: 'x', replyTo: 'nope' }, 'replyTo'],
    ['a time that is none', { text: 'x', sendAt: 'tomorrow' }, 'sendAt'],
    ['an end before the start', { text: 'x', expiresAt: 1000 }, 'expiresAt'],
    ['an address of a file system', { media: { url: 'file:///etc/passwd' } }, 'media.url'],
    ['a server that is not there', { media: { url: 'http://127.0.0.1:9/x' } }, 'media.url'],
    ['a misspelt field', { text: 'x', sendat: 1 }, 'sendat'],
    ['a time in seconds', { text: 'x', sendAt: 1_900_000_000 }, 'sendAt'],
    ['a day that is none', { text: 'x', sendAt: '2027-02-31T00:00:00Z' }, 'sendAt'],
    ['an invisible question', { poll: { question: ' ', options: ['a', 'b'] } }, 'poll.question'],
    ['a group as a contact', { contacts: [{ name: 'x', phoneNumber: '1203@g.us' }] }, 'contacts.phoneNumber'],
    ['a nameless mention', { text: 'x', mentions: ['nobody'] }, 'mentions'],
    ['a status where none are posted', { to: 'status@broadcast', text: 'x' }, 'to'],
    ['a contact without a number', { contacts: [{ name: 'x', phoneNumber: 'y' }] }, 'contacts']
  ])('%s', async (_, content, name) => {
    const { api } = shared()
    const { accountId, phone } = await sameAccount()
    const answer = await api.request<{ errors: ReadonlyArray<{ path: ReadonlyArray<string | number> }> }>(
      'POST',
      `/v1/accounts/${accountId}/messages`,
      { to: phone.contacts[0]!.phoneNumber, ...content }
    )
    expect(answer.status).toBe(400)
    expect(answer.body.errors.map(error => error.path.slice(1).join('.'))).toContainEqual(
      expect.stringContaining(name)
    )
  })

  test('a file that is too large, empty or of the wrong kind is refused', async () => {
    const { api } = shared()
    const { accountId, phone } = await sameAccount()
    const to = phone.contacts[0]!.phoneNumber
    const upload = (bytes: Uint8Array, type: string, fields = {}) =>
      api.upload(accountId, { bytes, type, name: 'f' }, { to, ...fields })
    expect(await upload(Buffer.alloc(3_000_000), 'image/png')).toMatchObject({ status: 413 })
    expect(await upload(new Uint8Array(), 'image/png')).toMatchObject({ status: 400 })
    expect(await upload(Buffer.from('x'), 'text/html', { type: 'image' })).toMatchObject({ status: 400 })
    expect(await upload(Buffer.from('x'), 'audio/ogg', { caption: 'unseen' })).toMatchObject({ status: 400 })
  })
})

let single: ReturnType<typeof linked> | undefined
/** One account for all refusals: none of them changes anything. */
const sameAccount = () => (single ??= linked())

test('a file that cannot be uploaded says why, and which setting helps', async () => {
  // The media server's certificate is signed by nobody that this server trusts.
  const stage = shared()
  await stage.server.stop()
  await stage.restart({ NODE_EXTRA_CA_CERTS: '' })
  const { accountId, phone } = await stage.linked({ history: { chats: 1, messages: 2, groupsShare: 0 } })
  const { body } = await stage.api.upload(
    accountId,
    { bytes: Buffer.from('a text'), type: 'text/plain', name: 'a.txt' },
    { to: phone.contacts[0]!.phoneNumber }
  )
  const { reason } = await stage.api.until('a first attempt', async () => {
    const entry = await stage.api.entry(accountId, body.entryId)
    return entry.reason === null ? undefined : entry
  })
  expect(reason).toMatch(/could not be uploaded: .*certificate.* NODE_EXTRA_CA_CERTS/)
})
