// Connections that look alive: quiet ones stay, those on which WhatsApp delivers nothing any more are opened anew.
import { expect, test } from 'vitest'
import type { Phone } from '../../simulator/phone.ts'
import { sharedInProcessStage } from './stage.ts'

const stage = sharedInProcessStage({
  SELF_TEST_AFTER: '300ms',
  SELF_TEST_TIMEOUT: '1500ms',
  RECONNECT_MIN: '50ms',
  RECONNECT_MAX: '200ms',
  START_PACE: '0ms'
})
const SMALL = { history: { chats: 1, messages: 3, groupsShare: 0 } }
const KIND = 'account.deafConnection'

/** Waits for the next self-tests that WhatsApp acknowledges. */
const selfTests = async (phone: Phone, count: number): Promise<void> => {
  let seen = 0
  const { signals } = stage().simulator.network
  const stop = signals.on(({ detail: { chat, device, type }, name }) => {
    if (name !== 'receiptSent' || type !== 'peer_msg') return
    if (device === phone.devices[0]!.jid && chat === phone.jid) seen += 1
  })
  await signals.until(() => seen >= count, { what: `${count} self-tests` })
  stop()
}

const untilBack = (accountId: string, phone: Phone, logins: number) =>
  stage().api.untilAccount(
    accountId,
    'the connection to be opened anew',
    ({ lastDisconnect, state }) =>
      state === 'open' && lastDisconnect?.code === 7 && phone.devices[0]!.logins > logins
  )

test('a quiet account tests itself in the background, and its connection stays', async () => {
  const { accountId, phone } = await stage().linked(SMALL)
  const { logins } = phone.devices[0]!
  await selfTests(phone, 3)
  const account = await stage().api.account(accountId)
  expect(account).toMatchObject({ tags: ['online'], lastSentAt: null })
  expect(account.lastHeardAt).toBeGreaterThan(0)
  expect(phone.devices[0]!.logins).toBe(logins)
  expect(await stage().api.incidents(accountId)).toEqual([])
})

test('what WhatsApp asks to see whether the device is there is answered', async () => {
  const { phone } = await stage().linked(SMALL)
  const { signals } = stage().simulator.network
  let answers = 0
  const stop = signals.on(({ name }) => {
    if (name === 'pong') answers += 1
  })
  phone.ping()
  await signals.until(() => answers > 0, { what: 'the answer' })
  stop()
})

test('what waited comes in batches that have to be asked for: all of it comes, without another login', async () => {
  const { accountId, phone } = await stage().linked(SMALL)
  phone.account.asksForBacklog = true
  const refusal = phone.fault({ kind: 'refuseLogins', reason: 503 })
  phone.disconnect()
  await phone.flood({ count: 420, from: phone.contacts[0]! })
  const { logins } = phone.devices[0]!
  refusal.clear()
  await stage().synced(accountId, phone)
  await stage().simulator.until(() => phone.truth().offlineQueue.length === 0)
  expect(phone.devices[0]!.logins).toBe(logins + 1)
})

test('a connection that answers keep-alives only is found, told, and opened anew; what waited arrives', async () => {
  const { accountId, phone } = await stage().linked(SMALL)
  const before = await stage().api.account(accountId)
  for (const [n, text] of ['the first time', 'and again'].entries()) {
    const { logins } = phone.devices[0]!
    phone.fault({ kind: 'deaf' })
    await phone.receive({ from: phone.contacts[0]!, text })
    const account = await untilBack(accountId, phone, logins)
    expect(account.lastDisconnect).toMatchObject({ code: 7, source: 'server', condition: null })
    await stage().synced(accountId, phone)
    const incidents = await stage().api.until('the incident to be over', async () => {
      const all = await stage().api.incidents(accountId)
      return all.every(({ resolvedAt }) => resolvedAt !== null) ? all : undefined
    })
    expect(incidents).toMatchObject([{ kind: KIND, severity: 'warning', count: n + 1 }])
  }
  const after = await stage().api.account(accountId)
  expect(after.lastHeardAt).toBeGreaterThan(before.lastHeardAt ?? Infinity)
})

test('a message of ours that nothing answers is sent once the connection was opened anew, and once only', async () => {
  const { accountId, phone } = await stage().linked(SMALL)
  const { logins } = phone.devices[0]!
  phone.fault({ kind: 'deaf' })
  const { entryId } = await stage().api.send(accountId, phone.contacts[0]!.phoneNumber, 'is anybody there')
  await untilBack(accountId, phone, logins)
  await stage().api.untilEntry(accountId, entryId, 'sent')
  expect(phone.truth().received.filter(({ id }) => id === entryId)).toHaveLength(1)
  expect((await stage().api.account(accountId)).lastSentAt).toBeGreaterThan(0)
})
