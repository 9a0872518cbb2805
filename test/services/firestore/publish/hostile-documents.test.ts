// Whatever messages, subjects and names contain, their documents are within the limits of Firestore, which refuses what is not.
import { proto } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { messageIdOf, threadIdOf } from '../../../../src/domain/ids.ts'
import { LONGEST } from '../../../../src/domain/lengths.ts'
import { AccountStore } from '../../../../src/services/conversations/account-store.ts'
import { sizeOf, type Value } from '../../../../src/services/firestore/publish/document.ts'
import { factsOfGroupNotification } from '../../../../src/services/whatsapp/convert/group-event.ts'
import { factsOfLiveMessage } from '../../../../src/services/whatsapp/convert/message.ts'
import { HOSTILE_CONTENT, hidden } from '../../../attack/hostile-content.ts'
import { deployedIndexes } from '../../../firestore/deployed-indexes.ts'
import { LocalFirestore } from '../../../firestore/server.ts'
import { ACCOUNT, ANN, ANN_LID, apply, change, GROUP, message, T0 } from '../../conversations/facts.ts'
import { FirestoreWorld } from '../../conversations/world.ts'
import { ACCOUNT as RECORD } from '../../outbox/account.ts'

const SELF = { jid: '490@s.whatsapp.net', lid: '70@lid' }
const LONG = `${hidden('name')}\u202e\u0000\ud800${'🦊'.repeat(100_000)}`
const THREAD = threadIdOf(ACCOUNT, ANN)

let server: LocalFirestore
let world: FirestoreWorld
beforeAll(async () => {
  server = await LocalFirestore.start({ indexes: deployedIndexes })
  world = await FirestoreWorld.make(server.host)
  await world.run(AccountStore.use(accounts => accounts.create(RECORD)))
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await server.stop()
})

const fieldsAt = async (path: string) => {
  const found = (await world.database.doc(path).get()).data()
  expect(found, path).toBeDefined()
  // What the server holds can be stored.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  expect(sizeOf(found as Value)).toBeLessThanOrEqual(1_000_000)
  return found!
}

const fieldsOf = (whatsAppId: string) =>
  fieldsAt(`threads/${THREAD}/messages/${messageIdOf('them', whatsAppId)}`)

test('a message of each hostile content has a document', async () => {
  for (const [name, content] of Object.entries(HOSTILE_CONTENT)) {
    const raw = proto.Message.encode(content()).finish()
    const info = {
      key: { remoteJid: ANN, fromMe: false, id: name },
      messageTimestamp: T0 / 1000,
      pushName: LONG
    }
    await world.run(apply(...factsOfLiveMessage(SELF, info, proto.Message.decode(raw), raw)))
  }
  await world.publish()
  for (const name of Object.keys(HOSTILE_CONTENT)) await fieldsOf(name)
  expect((await fieldsOf('mentions'))['mentions'].length).toBeGreaterThan(500)
  expect((await fieldsOf('megabyteText'))['body'].length).toBe(LONGEST.body)
  const contact = await fieldsAt(`contacts/${ACCOUNT}__${ANN}`)
  expect(contact['pushName'].length).toBeLessThanOrEqual(LONGEST.name)
})

test('so have a message that was edited and reacted to with all that fits, and one that names as many people as can be', async () => {
  const edits = Array.from({ length: 30 }, (_, n) =>
    change('edited', { to: 'edited', body: `${n}${LONG}`, at: T0 + n })
  )
  const reactions = Array.from({ length: 300 }, (_, n) =>
    change('edited', { to: 'reacted', emoji: LONG, at: T0 }, { by: { jid: `${n}0000@lid` } })
  )
  const people = Array.from({ length: 5000 }, (_, n) => ({ jid: `${n}${'9'.repeat(90)}@lid` }))
  await world.run(
    apply(
      message('edited'),
      ...reactions,
      ...edits,
      message('people', {
        type: 'system',
        event: { kind: 'add', people, value: LONG.slice(0, LONGEST.value) }
      })
    )
  )
  await world.publish()
  expect((await fieldsOf('edited'))['body'].length).toBeGreaterThan(10_000)
  expect((await fieldsOf('people'))['event'].people).toHaveLength(5000)
})

test('threads and contacts with hostile names have documents with the beginnings of these', async () => {
  const subject = {
    tag: 'notification',
    attrs: { from: GROUP, participant: ANN_LID, type: 'w:gp2', id: 'S1', t: String(T0 / 1000) },
    content: [{ tag: 'subject', attrs: { subject: LONG } }]
  }
  await world.run(
    apply(
      ...factsOfGroupNotification(SELF, subject),
      message('G1', { chat: { jid: GROUP }, body: LONG }),
      { kind: 'contact', person: { jid: ANN }, name: LONG, nameAt: T0 },
      { kind: 'label', labelId: '1', name: LONG, color: 1, predefinedId: null, deleted: false, at: T0 }
    )
  )
  await world.publish()
  const beginning = LONG.toWellFormed()
  const group = await fieldsAt(`threads/${threadIdOf(ACCOUNT, GROUP)}`)
  const contact = await fieldsAt(`contacts/${ACCOUNT}__${ANN}`)
  const account = await fieldsAt(`accounts/${ACCOUNT}`)
  for (const name of [group['displayName'], contact['name'], account['labels'][0].name]) {
    expect(name.length).toBeLessThanOrEqual(LONGEST.name)
    expect(beginning.startsWith(name)).toBe(true)
  }
})
