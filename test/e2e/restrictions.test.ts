// What WhatsApp does not let an account do for a time: shown with its end, and holding no more than it forbids.
import { describe, expect, test } from 'vitest'
import { untilReceived } from './received.ts'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage()

const linked = () => shared().linked({ history: { chats: 3, messages: 30, groupsShare: 0.34 } })

describe('restrictions by WhatsApp', () => {
  test('a time-lock is shown with its end, holds only new conversations, and uses up no attempt', async () => {
    const { api, simulator } = shared()
    const { accountId, phone } = await linked()
    const known = phone.contacts[0]!
    await phone.receive({ from: known, text: 'hello' })
    const stranger = simulator.createContact({ name: 'Stranger' })
    const until = Math.floor(Date.now() / 1000) * 1000 + 3_600_000
    phone.restrict({ until })

    const held = await api.send(accountId, stranger.phoneNumber, 'Dear stranger')
    const account = await api.untilAccount(
      accountId,
      'the restriction',
      ({ restriction }) => restriction !== null
    )
    expect(account).toMatchObject({ restriction: { kind: 'reachout', until } })
    expect(account.tags).toContain('online')
    const going = await api.send(accountId, known.phoneNumber, 'Dear customer')
    await untilReceived(shared().simulator, phone, going.entryId)
    expect(await api.untilEntry(accountId, held.entryId, 'queued')).toMatchObject({
      attempts: 0,
      reason: expect.stringContaining('new conversations')
    })

    phone.restrict(null)
    await untilReceived(shared().simulator, phone, held.entryId)
    expect(await api.untilEntry(accountId, held.entryId, 'sent')).toMatchObject({ attempts: 1 })
    expect(await api.account(accountId)).toMatchObject({ restriction: null })
  })

  test('what was refused goes at once when WhatsApp lifts the restriction', async () => {
    const { api, simulator } = shared()
    const { accountId, phone } = await linked()
    const stranger = simulator.createContact({ name: 'Stranger' })
    phone.fault({ kind: 'rejectMessages', error: 463 }, { times: 1 })
    const refused = await api.send(accountId, stranger.phoneNumber, 'refused for now')
    await api.untilAccount(accountId, 'the refusal', ({ restriction }) => restriction !== null)
    await api.untilEntry(accountId, refused.entryId, 'queued')
    phone.restrict(null)
    await untilReceived(shared().simulator, phone, refused.entryId)
  })

  test('while WhatsApp does not answer why it refused, everything else goes on', async () => {
    const { api, simulator } = shared()
    const { accountId, phone } = await linked()
    const known = phone.contacts[0]!
    const refused: string[] = []
    simulator.events.on(({ detail, name }) => {
      if (name === 'rejected') refused.push(String(detail['id']))
    })
    const silence = phone.fault({ kind: 'ignoreQueries', xmlns: 'w:mex' })
    phone.fault({ kind: 'rejectMessages', error: 463 }, { times: 1 })
    const stranger = simulator.createContact({ name: 'Stranger' })
    const held = await api.send(accountId, stranger.phoneNumber, 'Dear stranger')
    // Before that, the stranger is looked up, and the entry may wait once more.
    await simulator.until(() => refused.includes(held.entryId))
    const { id } = await phone.receive({ from: known, text: 'still stored' })
    await api.until('the message', async () => {
      const threads = await api.threads(accountId)
      return threads.find(thread => thread.lastMessageText === 'still stored')
    })
    await simulator.until(() => !phone.offlineQueue().some(entry => entry.id === id))
    expect(await api.entry(accountId, held.entryId)).toMatchObject({ status: 'sending', attempts: 0 })
    silence.clear()
  })

  test('a cap on new conversations is shown with its end', async () => {
    const { api, simulator } = shared()
    const { accountId, phone } = await linked()
    const until = Math.floor(Date.now() / 1000) * 1000 + 3_600_000
    phone.capMessages({ until, used: 10, total: 10 })
    const account = await api.untilAccount(accountId, 'the cap', ({ restriction }) => restriction !== null)
    expect(account.restriction).toMatchObject({ kind: 'capping', until })
    const stranger = simulator.createContact({ name: 'Stranger' })
    const held = await api.send(accountId, stranger.phoneNumber, 'Dear stranger')
    phone.capMessages(null)
    await untilReceived(shared().simulator, phone, held.entryId)
    expect(await api.untilEntry(accountId, held.entryId, 'sent')).toMatchObject({ attempts: 1 })
  })
})
