// The outbox by document: what an application writes into Firestore is sent once, or refused with a reason it can read.
import { describe, expect, test } from 'vitest'
import type { Phone } from '../../simulator/phone.ts'
import { FirestoreReader } from '../../harness/firestore.ts'
import { crashingAt } from '../chaos/crash-settings.ts'
import { type AnyFirestoreStage, FirestoreStage, sharedFirestoreStage } from './firestore-stage.ts'
import { untilReceived } from './received.ts'
import { Stage } from './stage.ts'
import { thoroughTest } from '../thorough.ts'

const shared = sharedFirestoreStage({ MEDIA_URL_PRIVATE: 'true' })
const history = { chats: 3, messages: 30, groupsShare: 0.34 }

const outbox = (on: AnyFirestoreStage = shared()) => on.reader.database.collection('outbox')

const ended = (on: AnyFirestoreStage, id: string, wanted: string) =>
  on.document(`outbox/${id}`, ({ status }) => status === wanted)

const timesReceived = (phone: Phone, text: string) =>
  phone.truth().received.filter(message => message.text === text).length

describe('a document in outbox', () => {
  test('is sent, and follows how far it is', async () => {
    const { accountId, phone } = await shared().stage.linked({ history })
    const to = phone.contacts[0]!.phoneNumber
    const { id } = await outbox().add({
      accountId,
      to,
      content: { text: 'From the application' },
      clientMessageId: 'a-1',
      createdBy: 'user-7'
    })

    const entry = await ended(shared(), id, 'sent')

    expect(entry).toMatchObject({
      accountId,
      createdBy: 'user-7',
      kind: 'text',
      payload: { text: 'From the application' },
      reason: null
    })
    expect(entry['content']).toBeUndefined()
    expect(await untilReceived(shared().stage.simulator, phone, entry['entryId'])).toMatchObject({
      text: 'From the application',
      times: 1
    })
    await shared().document(
      `threads/${entry['threadId']}/messages/${entry['messageId']}`,
      ({ status }) => status === 'read'
    )
  })

  test('may name a thread, answer a message, be a poll, wait for a time', async () => {
    const { accountId, phone } = await shared().stage.linked({ history })
    const first = await shared().stage.api.send(accountId, phone.contacts[0]!.phoneNumber, 'first')
    await shared().stage.api.untilEntry(accountId, first.entryId, 'sent')
    const { threadId } = first
    const reply = await outbox().add({
      accountId,
      threadId,
      content: { text: 'Answer', replyTo: first.messageId }
    })
    const poll = await outbox().add({
      accountId,
      threadId,
      content: { poll: { question: 'When?', options: ['Now', 'Later'] } }
    })
    const later = await outbox().add({
      accountId,
      threadId,
      content: { text: 'Later' },
      sendAt: new Date(Date.now() + 3_600_000)
    })

    const [answered, asked] = await Promise.all([
      ended(shared(), reply.id, 'sent'),
      ended(shared(), poll.id, 'sent')
    ])
    const { simulator } = shared().stage
    expect(await untilReceived(simulator, phone, answered['entryId'])).toMatchObject({
      quotedId: first.entryId
    })
    expect(await untilReceived(simulator, phone, asked['entryId'])).toMatchObject({ kind: 'poll' })
    const waiting = await ended(shared(), later.id, 'queued')
    expect(waiting['sendAt']).toBeGreaterThan(Date.now())
  })

  test.each([
    ['without an account', { to: '4915100000001', content: { text: 'x' } }, 'accountId'],
    [
      'of an account that nobody has',
      { accountId: 'acc-none', to: '1', content: { text: 'x' } },
      'accountId'
    ],
    ['without a recipient', { content: { text: 'x' } }, 'to'],
    ['to something that is no number', { to: 'me', content: { text: 'x' } }, 'to'],
    ['with an unknown thread', { threadId: 'none', content: { text: 'x' } }, 'threadId'],
    ['without anything to send', { to: '4915100000001', content: {} }, 'text'],
    ['with content of the wrong kind', { to: '4915100000001', content: 'text' }, 'content'],
    ['with a misspelt field', { to: '4915100000001', content: { txt: 'x' } }, 'txt'],
    ['with an empty text', { to: '4915100000001', content: { text: ' ' } }, 'text'],
    ['with a bad time', { to: '4915100000001', content: { text: 'x' }, sendAt: 'soon' }, 'sendAt']
  ])('%s is rejected, with the field and the reason', async (_, fields, field) => {
    const { accountId } = await linkedOnce()
    const { id } = await outbox().add({
      ...('accountId' in fields || _ === 'without an account' ? {} : { accountId }),
      ...fields
    })
    const rejected = await ended(shared(), id, 'rejected')

    expect(rejected).toMatchObject({ field, payload: fields.content })
    expect(rejected['reason']).toMatch(new RegExp(`^${field}: .{10,}`))
    expect(rejected['content']).toBeUndefined()
  })

  test('of an account without a phone is rejected', async () => {
    const { accountId } = await shared().stage.api.createAccount('Unlinked')
    const { id } = await outbox().add({ accountId, to: '4915100000001', content: { text: 'x' } })
    expect((await ended(shared(), id, 'rejected'))['reason']).toContain('not linked')
  })

  test('that repeats a clientMessageId is rejected and names the entry', async () => {
    const { accountId, phone } = await linkedOnce()
    const to = phone.contacts[0]!.phoneNumber
    const asked = { accountId, to, content: { text: 'Only once' }, clientMessageId: 'b-1' }
    const first = await outbox().add(asked)
    await ended(shared(), first.id, 'sent')
    const second = await outbox().add(asked)
    const other = await outbox().add({ ...asked, content: { text: 'Something else' } })

    expect((await ended(shared(), second.id, 'rejected'))['reason']).toContain(first.id)
    expect(await ended(shared(), other.id, 'rejected')).toMatchObject({ field: 'clientMessageId' })
    expect(timesReceived(phone, 'Only once')).toBe(1)
    expect(timesReceived(phone, 'Something else')).toBe(0)
  })

  test('that its application writes once more after it was taken is not sent again', async () => {
    const { accountId, phone } = await linkedOnce()
    const asked = { accountId, to: phone.contacts[0]!.phoneNumber, content: { text: 'Written twice' } }
    const document = outbox().doc()
    await document.set(asked)
    const before = await ended(shared(), document.id, 'sent')
    await document.set(asked)
    const after = await ended(shared(), document.id, 'sent')

    expect(after['entryId']).toBe(before['entryId'])
    expect(timesReceived(phone, 'Written twice')).toBe(1)
  })
})

let once: Promise<{ accountId: string; phone: Phone }> | undefined
const linkedOnce = () => (once ??= shared().stage.linked({ history }))

thoroughTest(
  'no document is lost or sent twice when the listener was not told of it: it is found again',
  async () => {
    await using own = await FirestoreStage.set({ FIRESTORE_OUTBOX_SWEEP: '500ms' })
    const { accountId, phone } = await own.stage.linked({ history })
    own.firestore.muteListeners()
    const { id } = await outbox(own).add({
      accountId,
      to: phone.contacts[0]!.phoneNumber,
      content: { text: 'Unheard' }
    })
    const entry = await own.stage.api.until('the entry to be sent', async () => {
      const found = (await outbox(own).doc(id).get()).data()
      return found?.['status'] === 'sent' ? found : undefined
    })
    expect(await untilReceived(own.stage.simulator, phone, entry['entryId'])).toMatchObject({ times: 1 })
  }
)

thoroughTest('no document is lost or sent twice when Firestore breaks the listener', async () => {
  const { accountId, phone } = await linkedOnce()
  shared().firestore.breakListeners()
  const { id } = await outbox().add({
    accountId,
    to: phone.contacts[0]!.phoneNumber,
    content: { text: 'After a break' }
  })
  await ended(shared(), id, 'sent')
  expect(timesReceived(phone, 'After a break')).toBe(1)
})

thoroughTest(
  'no document is lost or sent twice by a crash, wherever it is, or while the server was away',
  async () => {
    await using own = await FirestoreStage.set()
    const { accountId, phone } = await own.stage.linked({ history })
    await own.stage.api.untilPublished()
    await own.stage.server.kill()
    const to = phone.contacts[0]!.phoneNumber
    const away: Array<string> = []
    for (let n = 0; n < 5; n += 1) {
      away.push((await outbox(own).add({ accountId, to, content: { text: `Away ${n}` } })).id)
    }
    // Around the claim and the entry, and around the note of what Firestore has been shown.
    for (const point of ['before.acceptance', 'after.acceptance', 'before.shown']) {
      await own.stage.restart({ ...crashingAt(point, 1), FIRESTORE_OUTBOX_SWEEP: '1h' })
      const { id } = await outbox(own).add({
        accountId,
        to,
        content: { text: `Across a crash ${point}` }
      })
      await own.stage.server.ended
      await own.stage.restart({ NODE_OPTIONS: '' })
      const entry = await ended(own, id, 'sent')
      await untilReceived(own.stage.simulator, phone, entry['entryId'])
      expect(timesReceived(phone, `Across a crash ${point}`)).toBe(1)
      await own.stage.server.stop()
    }
    const received = phone.truth().received.map(({ text }) => text)
    expect(received.filter(text => text?.startsWith('Away'))).toEqual(away.map((_, n) => `Away ${n}`))
  }
)

thoroughTest(
  'no document is lost or sent twice by two servers on one Firestore: each takes what is for its accounts',
  async () => {
    await using own = await FirestoreStage.set()
    await using other = await Stage.set(FirestoreReader.settings(own.firestore.host))
    const [here, there] = await Promise.all([own.stage.linked({ history }), other.linked({ history })])
    await Promise.all([own.stage.api.untilPublished(), other.api.untilPublished()])
    const write = ({ accountId, phone }: typeof here, n: number) =>
      outbox(own).add({ accountId, to: phone.contacts[0]!.phoneNumber, content: { text: `Once ${n}` } })
    const documents = await Promise.all(Array.from({ length: 20 }, (_, n) => write(n % 2 ? here : there, n)))
    await Promise.all(documents.map(({ id }) => ended(own, id, 'sent')))

    for (const [n] of documents.entries()) {
      expect(timesReceived((n % 2 ? here : there).phone, `Once ${n}`)).toBe(1)
      expect(timesReceived((n % 2 ? there : here).phone, `Once ${n}`)).toBe(0)
    }
  }
)
