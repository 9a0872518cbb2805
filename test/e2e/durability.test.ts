// What is received stays received, through dropped connections, restarts and kill -9.
import { expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import { sharedInProcessStage, Stage } from './stage.ts'
import { thorough, thoroughTest } from '../thorough.ts'

/** On a machine that is busy with other things a start takes seconds. */
const SEVERAL_RESTARTS = 150_000
const shared = sharedInProcessStage()
const NOTHING_WRONG = { missing: [], duplicates: [], different: [] }

thoroughTest(
  'after a dropped connection the offline queue is caught up, the owner’s own messages included',
  async () => {
    await using stage = await Stage.set()
    const { phone, accountId } = await stage.linked({ history: { chats: 4, messages: 40 } })
    const contact = phone.contacts[0]!

    phone.disconnect()
    for (let n = 0; n < 10; n += 1) {
      await phone.receive({ from: contact, text: `away ${n}` })
      await phone.send({ to: contact, text: `own ${n}` })
    }

    await stage.synced(accountId, phone)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
    await stage.simulator.until(() => phone.truth().offlineQueue.length === 0)
    const account = await stage.api.account(accountId)
    expect(account.state).toBe('open')
  }
)

test('a server that is stopped ends cleanly and has everything after it starts again, with what came meanwhile', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked({ history: { chats: 6, messages: 60 } })

  await stage.server.stop()
  for (const contact of phone.contacts.slice(0, 3)) {
    await phone.receive({ from: contact, text: 'while it was stopped' })
    await phone.send({ to: contact, text: 'from the phone, while it was stopped' })
  }
  await stage.restart()

  await stage.synced(accountId, phone)
  expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
})

thoroughTest('kill -9 in the middle of the history loses nothing and stores nothing twice', async () => {
  await using stage = await Stage.set()
  // Some chunks are stored in parts.
  const phone = stage.simulator.createPhone({
    history: { chats: 20, messages: 10_000, chunkMessages: 750, inlineBelowBytes: 0 }
  })
  const { accountId } = await stage.api.createAccount('Killed')
  await stage.api.pair(accountId)
  const { qr } = await stage.api.offer(accountId)
  await phone.scanQr(qr!)
  await stage.api.untilAccount(accountId, 'the first part', account => account.counts.messages > 0)

  await stage.server.kill()
  await stage.restart()

  await stage.synced(accountId, phone)
  expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
})

thoroughTest(
  'kill -9 under live traffic loses nothing and stores nothing twice',
  async () => {
    await using stage = await Stage.set()
    const { phone, accountId } = await stage.linked({ history: { chats: 4, messages: 40 } })
    const group = phone.groups[0]!
    const member = phone.contacts.find(contact => group.members.has(contact))!

    for (let round = 0; round < thorough(1, 5); round += 1) {
      const writing = (async () => {
        for (let n = 0; n < 30; n += 1) {
          await phone.receive({
            from: phone.contacts[n % phone.contacts.length]!,
            text: `round ${round} message ${n}`
          })
          if (n % 5 === 0) await phone.receive({ from: member, group, text: `round ${round} group ${n}` })
          if (n % 7 === 0) await phone.send({ to: phone.contacts[0]!, text: `round ${round} own ${n}` })
        }
      })()
      const held = phone.truth().messages.length
      await stage.api.untilAccount(accountId, 'traffic', account => account.counts.messages >= held + round)
      await stage.server.kill()
      await writing
      await stage.restart()
    }

    await stage.synced(accountId, phone)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
    await stage.simulator.until(() => phone.truth().offlineQueue.length === 0)
  },
  SEVERAL_RESTARTS
)

thoroughTest(
  'messages accepted while the account is offline are sent once, in order, when it is back',
  async () => {
    await using stage = await Stage.set()
    const { phone, accountId } = await stage.linked({ history: { chats: 2, messages: 20, groupsShare: 0 } })
    const contact = phone.contacts[0]!
    await stage.api.command(accountId, 'disconnect')
    const texts = ['first', 'second', 'third']
    const sent: Array<{ threadId: string }> = []
    for (const text of texts) sent.push(await stage.api.send(accountId, contact.phoneNumber, text))

    await stage.server.kill()
    await stage.restart()
    expect(await stage.api.account(accountId)).toMatchObject({ state: 'stopped' })
    await stage.api.command(accountId, 'connect')

    await stage.api.until('all to be read', async () => {
      const { messages } = await stage.api.messagePage(sent[0]!.threadId, 'limit=10')
      const read = messages.filter(message => message.status === 'read' && texts.includes(message.body ?? ''))
      return read.length === 3 ? true : undefined
    })
    const received = phone.truth().received.filter(entry => texts.includes(entry.text ?? ''))
    expect(received.map(entry => [entry.text, entry.times])).toEqual(texts.map(text => [text, 1]))
  }
)

thoroughTest(
  'killed right after the journal commit, every kind of message is rebuilt from the journal alone, without WhatsApp',
  async () => {
    await using stage = await Stage.set()
    const { phone, accountId } = await stage.linked({
      history: { chats: 4, messages: 40, groupsShare: 0.25 }
    })
    const group = phone.groups[0]!
    const member = phone.contacts.find(contact => group.members.has(contact))!
    // The member's sender key has arrived before, so the next message is one decryption.
    await phone.receive({ from: member, group, text: 'before' })
    await stage.synced(accountId, phone)
    const all = {
      'one to one': () => phone.receive({ from: phone.contacts[0]!, text: 'one to one' }),
      'in a group': () => phone.receive({ from: member, group, text: 'in a group' }),
      'by the owner on the phone': () =>
        phone.send({ to: phone.contacts[0]!, text: 'by the owner on the phone' })
    }
    for (const [text, write] of Object.entries(all)) {
      await stage.server.kill()
      await stage.restartToCrashAt('after.journal')
      const { id } = await write()
      await stage.server.ended
      // Nobody is there to deliver it again.
      await stage.restart({ WHATSAPP_URL: 'ws://127.0.0.1:9/ws/chat' })
      const found = await stage.api.until(text, async () => {
        for (const thread of await stage.api.threads(accountId)) {
          const { messages } = await stage.api.messagePage(thread.threadId, 'limit=5')
          const message = messages.find(candidate => candidate.whatsAppId === id)
          if (message !== undefined) return message
        }
        return undefined
      })
      expect(found).toMatchObject({ body: text, type: 'text' })
    }
    await stage.server.kill()
    await stage.restart()
    await stage.synced(accountId, phone)
    await stage.simulator.until(() => phone.offlineQueue().length === 0)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  },
  SEVERAL_RESTARTS
)

thoroughTest(
  'killed right after the phone announced its history, the announcement is not lost',
  async () => {
    await using stage = await Stage.set()
    const phone = stage.simulator.createPhone({ history: { chats: 3, messages: 60, inlineBelowBytes: 0 } })
    const { accountId } = await stage.api.createAccount('Shop')
    await stage.server.kill()
    // The first message of a phone to its new device brings keys, the second announces history.
    await stage.restartToCrashAt('after.journal', 2)
    await stage.api.pair(accountId)
    await phone.scanQr((await stage.api.offer(accountId)).qr!)
    await stage.server.ended
    await stage.restart({ WHATSAPP_URL: 'ws://127.0.0.1:9/ws/chat' })
    await stage.api.untilAccount(accountId, 'the announced chunk', ({ sync }) => sync.chunksPending > 0)
    await stage.server.kill()
    await stage.restart()
    await stage.synced(accountId, phone)
    expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
  },
  SEVERAL_RESTARTS
)
