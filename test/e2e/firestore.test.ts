// STORE=firestore: applications read in Firestore what the API answers, each document written once per real change, and
// nothing is lost while Firestore is away.
import { status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import { FirestoreStage, sharedFirestoreStage } from './firestore-stage.ts'
import { once } from './shared.ts'
import { thorough, thoroughTest } from '../thorough.ts'

const shared = sharedFirestoreStage()
/** Of a comparison with everything that the phone holds. */
const EACH_ONCE = { missing: [], duplicates: [], different: [] }

const history = { chats: 4, messages: thorough(40, 120), groupsShare: 0.5 }

/** An account for tests that leave it as it was. */
const someAccount = once(async () => {
  const linked = await shared().stage.linked({ history })
  await shared().stage.api.untilPublished()
  return linked
})

describe('what applications read', () => {
  test('is everything the phone holds, at one write a message (two for a reply that came before what it quotes) and without a read', async () => {
    const { firestore, reader, stage } = shared()
    const { byCollection } = firestore.documents.tally
    const before = byCollection.get('messages') ?? 0
    const { accountId, phone } = await stage.linked({ history })
    await stage.api.untilPublished()
    const written = (byCollection.get('messages') ?? 0) - before

    const compared = await compare(reader, accountId, phone.truth().messages)

    expect(compared).toMatchObject(EACH_ONCE)
    const replies = phone.truth().messages.filter(({ quotedId }) => quotedId !== undefined)
    expect(written).toBeGreaterThanOrEqual(compared.messages)
    expect(written).toBeLessThanOrEqual(compared.messages + replies.length)
  })

  test('has the fields of the API under the same names', async () => {
    const { reader, stage } = shared()
    const { accountId, phone } = await someAccount()
    const sent = await stage.api.send(accountId, phone.contacts[0]!.phoneNumber, 'Hello')
    const document = await shared().document(
      `threads/${sent.threadId}/messages/${sent.messageId}`,
      ({ receipts, status: now }) => now === 'read' && receipts[0]?.readAt !== null
    )
    const { raw, truncated, ...shown } = document
    const { senderName: _, ...answered } = await stage.api.message(sent.threadId, sent.messageId)

    expect(shown).toMatchObject(answered)
    expect(Object.keys(shown).toSorted()).toEqual([...Object.keys(answered), 'senderName'].toSorted())
    expect(raw.length).toBeGreaterThan(0)
    expect(truncated).toEqual([])

    await stage.api.untilPublished()
    for (const thread of await stage.api.threads(accountId)) {
      const found = await reader.database.doc(`threads/${thread.threadId}`).get()
      expect(found.data()).toMatchObject(thread)
      expect(found.get('coverage')).toMatchObject({ state: expect.any(String), gaps: [] })
    }
    const account = await reader.database.doc(`accounts/${accountId}`).get()
    expect(account.data()).toMatchObject({ accountId, name: 'Shop', wanted: true })
  })

  test('are also listed by the queries that the deployed indexes serve', async () => {
    const { reader, stage } = shared()
    const { accountId } = await someAccount()

    const listed = await reader.database
      .collection('threads')
      .where('accountId', '==', accountId)
      .orderBy('lastMessageAt', 'desc')
      .get()

    expect(listed.docs.map(({ id }) => id)).toEqual(
      (await stage.api.threads(accountId)).map(({ threadId }) => threadId)
    )
  })

  thoroughTest('keep what applications have added to a document', async () => {
    const { reader, stage } = shared()
    const { accountId, phone } = await stage.linked({ history })
    await stage.api.untilPublished()
    const to = phone.contacts[0]!.phoneNumber
    const { threadId } = await stage.api.send(accountId, to, 'First')
    await shared().document(`threads/${threadId}`, ({ lastMessageText }) => lastMessageText === 'First')
    await reader.database.doc(`threads/${threadId}`).update({ label: 'customer' })

    await stage.api.send(accountId, to, 'Second')
    const changed = await shared().document(
      `threads/${threadId}`,
      ({ lastMessageText }) => lastMessageText === 'Second'
    )

    expect(changed['label']).toBe('customer')
  })

  test('are gone when the account is removed', async () => {
    const { reader, stage } = shared()
    const { accountId } = await stage.linked({ history })
    await stage.api.untilPublished()
    expect((await reader.threads(accountId)).length).toBeGreaterThan(0)

    await stage.api.request('DELETE', `/v1/accounts/${accountId}`)
    await stage.api.untilPublished()

    expect(await reader.threads(accountId)).toEqual([])
    const messages = await reader.database.collectionGroup('messages').get()
    expect(messages.docs.filter(document => document.get('accountId') === accountId)).toEqual([])
    expect((await reader.database.doc(`accounts/${accountId}`).get()).exists).toBe(false)
  })
})

describe('a document', () => {
  test('is written at most once a second, however often its thread changes', async () => {
    const { firestore, stage } = shared()
    const { accountId, phone } = await someAccount()
    const [contact] = phone.contacts
    const { times } = firestore.documents.tally
    times.clear()
    for (let n = 0; n < 30; n += 1) await phone.receive({ from: contact!, text: `Message ${n}` })
    await stage.synced(accountId, phone)
    await stage.api.untilPublished()

    const [path, written] = [...times].find(([name]) => /^threads\/[^/]+$/.test(name))!
    const thread = await shared().reader.database.doc(path).get()
    expect(thread.get('lastMessageText')).toBe('Message 29')
    const gaps = written.slice(1).map((at, index) => at - written[index]!)
    // The server counts from when it heard that a document was written, the local Firestore from when it wrote it.
    expect(gaps.every(gap => gap >= 990)).toBe(true)
  })

  test('that Firestore refuses for good becomes an incident, and the others go on', async () => {
    const { firestore, stage } = shared()
    const { accountId, phone } = await stage.linked({ history })
    await stage.api.untilPublished()
    const [contact] = phone.contacts
    firestore.failDocuments(
      status.INVALID_ARGUMENT,
      name => name.includes(accountId) && name.endsWith('_them')
    )
    await phone.receive({ from: contact!, text: 'Refused' })
    const incident = await stage.api.until('the incident', async () =>
      (await stage.api.incidents(accountId)).find(({ kind }) => kind === 'firestore.refused')
    )

    expect(incident).toMatchObject({ accountId, threadId: expect.any(String), messageId: expect.any(String) })
    expect(JSON.stringify(incident.happened)).not.toContain(contact!.phoneNumber)
    const sent = await stage.api.send(accountId, contact!.phoneNumber, 'Goes on')
    await shared().document(`threads/${sent.threadId}/messages/${sent.messageId}`, () => true)
    expect((await stage.api.store()).publishing?.refused).toBe(1)
  })
})

thoroughTest('no number, text or key gets into log, metrics or incidents, whatever goes wrong', async () => {
  await using own = await FirestoreStage.set({ LOG_LEVEL: 'trace' })
  const { firestore, reader, stage } = own
  const { accountId, phone } = await stage.linked({ history })
  const contact = phone.contacts[0]!
  firestore.failDocuments(status.INVALID_ARGUMENT, name => name.endsWith('_them'), 2)
  await phone.receive({ from: contact, text: 'A secret of theirs' })
  const to = contact.phoneNumber
  await reader.database.collection('outbox').add({ accountId, to, content: { txt: 'A secret of ours' } })
  const sent = await reader.database
    .collection('outbox')
    .add({ accountId, to, content: { text: 'A secret of ours' } })
  await own.document(`outbox/${sent.id}`, ({ status: now }) => now === 'sent')
  firestore.breakListeners()
  await firestore.interrupt()
  await phone.receive({ from: contact, text: 'A secret of theirs' })
  await firestore.listen()
  await stage.api.untilPublished()

  const { body: metrics } = await stage.api.request<string>('GET', '/metrics')
  const incidents = await stage.api.incidents()
  const words = incidents.map(({ advice, did, happened, subject }) =>
    [subject, happened, did, advice].join(' ')
  )
  const written = [stage.server.output(), metrics, ...words].join('\n')
  expect(written.length).toBeGreaterThan(1000)
  for (const secret of ['A secret', contact.phoneNumber, contact.lid.split('@')[0]!, stage.server.key]) {
    expect(written).not.toContain(secret)
  }
  expect(metrics).toMatch(/^backscroll_firestore_waiting 0$/m)
  expect(metrics).toMatch(/^backscroll_firestore_operations_total\{outcome="written"\} \d+$/m)
})

describe('nothing is lost or written twice', () => {
  test.each(
    thorough(
      [['contention', status.ABORTED]],
      [
        ['contention', status.ABORTED],
        ['an unavailable server', status.UNAVAILABLE],
        ['an exhausted quota', status.RESOURCE_EXHAUSTED]
      ]
    )
  )('by %s', async (_, code) => {
    const { firestore, reader, stage } = shared()
    firestore.failWrites(code, 3)
    const { accountId, phone } = await stage.linked({ history })
    await stage.api.untilPublished()

    expect(await compare(reader, accountId, phone.truth().messages)).toMatchObject(EACH_ONCE)
  })

  test('while Firestore is away: WhatsApp and the API go on, and Firestore catches up', async () => {
    const { firestore, reader, stage } = shared()
    const { accountId, phone } = await someAccount()
    await stage.api.untilPublished()
    const [contact] = phone.contacts
    const { publishing: before } = await stage.api.store()
    await firestore.interrupt()
    for (let n = 0; n < 10; n += 1) await phone.receive({ from: contact!, text: `While away ${n}` })
    await stage.synced(accountId, phone)
    expect((await stage.api.store()).publishing).toMatchObject({ refused: before?.refused })
    expect((await stage.api.store()).publishing?.waiting).toBeGreaterThan(0)

    await firestore.listen()
    await stage.api.untilPublished()

    expect(await compare(reader, accountId, phone.truth().messages)).toMatchObject(EACH_ONCE)
  })

  thoroughTest('while Firestore is away and the server is killed', async () => {
    await using own = await FirestoreStage.set()
    const { firestore, reader, stage } = own
    const { accountId, phone } = await stage.linked({ history })
    await stage.api.untilPublished()
    await firestore.interrupt()
    for (let n = 0; n < 10; n += 1) await phone.receive({ from: phone.contacts[0]!, text: `While away ${n}` })
    await stage.synced(accountId, phone)
    await stage.server.kill()
    await stage.restart()
    await stage.synced(accountId, phone)
    await firestore.listen()
    await stage.api.untilPublished()
    expect(await compare(reader, accountId, phone.truth().messages)).toMatchObject(EACH_ONCE)
  })

  thoroughTest('when access is taken away for a time, which is told', async () => {
    const { firestore, reader, stage } = shared()
    firestore.failWrites(status.PERMISSION_DENIED, 2)
    const { accountId, phone } = await stage.linked({ history })
    await stage.api.until('the incident', async () =>
      (await stage.api.incidents()).find(({ kind }) => kind === 'firestore.noAccess')
    )
    await stage.api.untilPublished()

    expect(await compare(reader, accountId, phone.truth().messages)).toMatchObject({ missing: [] })
    expect((await stage.api.store()).publishing).toMatchObject({ trouble: null })
  })

  thoroughTest('when Firestore is turned on for a server that holds something already', async () => {
    // The last test: a process has one server at a time.
    await shared().stage.server.stop()
    await using own = await FirestoreStage.setInProcess({ STORE: 'sqlite' })
    const { firestore, reader, stage } = own
    const { accountId, phone } = await stage.linked({ history })
    await stage.server.stop()
    await stage.restart({ STORE: 'firestore' })
    await stage.api.untilPublished()
    expect(await compare(reader, accountId, phone.truth().messages)).toMatchObject({ missing: [] })

    const { writes } = firestore.documents.tally
    await stage.server.stop()
    await stage.restart({ STORE: 'sqlite' })
    await stage.server.stop()
    await stage.restart({ STORE: 'firestore' })
    await stage.api.untilPublished()
    // The account is another one each time it connects; everything else is what it was.
    expect(firestore.documents.tally.writes - writes).toBeLessThan(4)
  })
})
