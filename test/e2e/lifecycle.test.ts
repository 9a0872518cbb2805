// An account's states as HTTP shows them, driven by what WhatsApp does.
import { expect, test } from 'vitest'
import { sharedInProcessStage, Stage } from './stage.ts'
import { thoroughTest } from '../thorough.ts'

const shared = sharedInProcessStage()

thoroughTest('each way a connection ends leads to its own state, with the reason', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked({ history: { chats: 1, messages: 5, groupsShare: 0 } })
  const ends = [
    { code: 440, state: 'replaced' },
    { code: 406, state: 'banned' },
    { code: 411, state: 'failed' }
  ]
  for (const { code, state } of ends) {
    phone.disconnect({ code })
    const account = await stage.api.untilAccount(accountId, state, ({ state: now }) => now === state)
    expect(account.lastDisconnect).toMatchObject({ code })
    expect(account.tags).toContain('ended')
    await stage.api.command(accountId, 'connect')
    await stage.api.untilAccount(accountId, 'open', ({ state: now }) => now === 'open')
  }
  for (const code of [503, 428, 408, 515]) {
    phone.disconnect({ code })
    await stage.api.untilAccount(
      accountId,
      `back after ${code}`,
      ({ lastDisconnect, state }) => state === 'open' && lastDisconnect?.code === code
    )
  }
})

thoroughTest('an ended account stays ended over a restart and comes back by its command', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked({ history: { chats: 1, messages: 5, groupsShare: 0 } })
  phone.disconnect({ code: 440 })
  await stage.api.untilAccount(accountId, 'replaced', ({ state }) => state === 'replaced')

  await stage.server.stop()
  await stage.restart()

  expect(await stage.api.account(accountId)).toMatchObject({
    state: 'replaced',
    lastDisconnect: { code: 440 }
  })
  await stage.api.command(accountId, 'connect')
  await stage.api.untilAccount(accountId, 'open', ({ state }) => state === 'open')
})

test('a device unlinked on the phone is logged out, never loops, and can be linked again to the same threads', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked({ history: { chats: 3, messages: 60 } })
  phone.unlinkDevice(phone.devices[0]!.number)
  await stage.api.untilAccount(accountId, 'loggedOut', ({ state }) => state === 'loggedOut')
  expect(await stage.api.request('POST', `/v1/accounts/${accountId}/connect`)).toMatchObject({
    status: 409,
    body: { state: 'loggedOut' }
  })

  await stage.api.pair(accountId)
  const { qr } = await stage.api.offer(accountId)
  await phone.scanQr(qr!)

  await stage.synced(accountId, phone)
  expect(await stage.api.account(accountId)).toMatchObject({ counts: { threads: 3, messages: 60 } })
})

test('logout unlinks the device on the phone', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked({ history: { chats: 1, messages: 5, groupsShare: 0 } })

  await stage.api.command(accountId, 'logout')

  await stage.api.untilAccount(accountId, 'loggedOut', ({ state }) => state === 'loggedOut')
  await stage.simulator.until(() => phone.devices.length === 0)
})

test('disconnect keeps an account offline over a restart; connect brings it back', async () => {
  const stage = shared()
  const { accountId } = await stage.linked({ history: { chats: 1, messages: 5, groupsShare: 0 } })
  await stage.api.command(accountId, 'disconnect')
  await stage.api.untilAccount(accountId, 'stopped', ({ state }) => state === 'stopped')

  await stage.server.stop()
  await stage.restart()

  expect(await stage.api.account(accountId)).toMatchObject({ state: 'stopped' })
  await stage.api.command(accountId, 'connect')
  await stage.api.untilAccount(accountId, 'open', ({ state }) => state === 'open')
})

test('deleting an account unlinks its device and leaves nothing of it', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked({ history: { chats: 2, messages: 20 } })
  const [thread] = await stage.api.threads(accountId)

  expect(await stage.api.request('DELETE', `/v1/accounts/${accountId}`)).toMatchObject({ status: 204 })

  expect(await stage.api.request('GET', `/v1/accounts/${accountId}`)).toMatchObject({ status: 404 })
  const messages = `/v1/threads/${encodeURIComponent(thread!.threadId)}/messages`
  expect(await stage.api.request('GET', messages)).toMatchObject({ status: 404 })
  await stage.simulator.until(() => phone.devices.length === 0)
})

test('a pairing that nobody scans ends after its time', async () => {
  const stage = shared()
  await stage.server.stop()
  await stage.restart({ PAIRING_TIMEOUT: '1s' })
  const { accountId } = await stage.api.createAccount('Nobody')
  await stage.api.pair(accountId)
  await stage.api.untilAccount(accountId, 'pairing', ({ state }) => state === 'pairing')
  await stage.api.untilAccount(accountId, 'stopped', ({ state }) => state === 'stopped')
  expect(await stage.api.incidents(accountId)).toMatchObject([
    { kind: 'account.notLinked', severity: 'info' }
  ])
  await stage.server.stop()
  await stage.restart()
})

test('a phone with another number is not taken into an account: nobody else’s messages are sent from it', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linked({ history: { chats: 1, messages: 3, groupsShare: 0 } })
  phone.unlinkDevice(phone.devices[0]!.number)
  await stage.api.untilAccount(accountId, 'the unlinking', ({ state }) => state === 'loggedOut')
  const other = stage.simulator.createPhone({ history: { chats: 1, messages: 3, groupsShare: 0 } })
  await stage.api.pair(accountId)
  // The server leaves before the phone has linked it.
  await other.scanQr((await stage.api.offer(accountId)).qr!).catch(() => undefined)
  const account = await stage.api.untilAccount(
    accountId,
    'the refusal',
    ({ lastDisconnect, state }) =>
      state === 'loggedOut' && lastDisconnect?.reason.startsWith('Another phone number') === true
  )
  expect(account).toMatchObject({ jid: phone.jid, counts: { messages: 3 } })
  const { body: ticket } = await stage.api.request<{ path: string }>(
    'POST',
    `/v1/accounts/${accountId}/link-tickets`
  )
  expect(await stage.api.request('GET', `${ticket.path}/state`)).toMatchObject({
    body: { step: 'ready', problem: expect.stringContaining('Another phone number') }
  })
  await stage.server.stop()
  await stage.restart()
  expect(await stage.api.account(accountId)).toMatchObject({ state: 'loggedOut' })
  await stage.api.pair(accountId)
  await phone.scanQr((await stage.api.offer(accountId)).qr!)
  await stage.synced(accountId, phone)
})

thoroughTest('a subscriber does not hold up the end of the server', async () => {
  await using stage = await Stage.set()
  const { stop } = await stage.api.subscribe()
  expect(await stage.server.stop()).toBe(0)
  stop()
})

test('subscribers hear of changes of state and of incidents as they happen, of one account or of all', async () => {
  const { api } = shared()
  const { phone, accountId } = await shared().linked({ history: { chats: 1, messages: 5, groupsShare: 0 } })
  const all = await api.subscribe()
  const other = await api.subscribe(`?accountId=${(await api.createAccount('Other')).accountId}`)
  phone.disconnect({ code: 440 })
  const incident = await api.until('the incident', async () =>
    all.seen.find(
      event => event.type === 'incident.reported' && event.data.incident?.kind === 'account.replaced'
    )
  )
  expect(incident.accountId).toBe(accountId)
  await api.until('the state', async () =>
    all.seen.find(({ data, type }) => type === 'account.state' && data.state === 'replaced')
  )
  expect(all.seen).toContainEqual(
    expect.objectContaining({
      type: 'account.state',
      // Looking for older messages may begin at the same moment.
      data: expect.objectContaining({
        accountId,
        from: expect.stringMatching(/^(open|backfilling)$/),
        state: 'replaced'
      })
    })
  )
  expect(other.seen.filter(event => event.accountId === accountId)).toEqual([])
  all.stop()
  other.stop()
})

test('an end is an incident until somebody has seen it, and one again when it is repeated', async () => {
  const { api } = shared()
  const { phone, accountId } = await shared().linked({ history: { chats: 1, messages: 5, groupsShare: 0 } })
  const unseen = async () => {
    const { body } = await api.request<{
      incidents: ReadonlyArray<{ incidentId: string; kind: string; count: number }>
    }>('GET', `/v1/incidents?acknowledged=false&accountId=${accountId}`)
    return body.incidents.find(({ kind }) => kind === 'account.replaced')
  }
  const replace = async () => {
    phone.disconnect({ code: 440 })
    await api.untilAccount(accountId, 'replaced', ({ state }) => state === 'replaced')
    return api.until('the incident', unseen)
  }
  const first = await replace()
  expect(await api.request('POST', `/v1/incidents/${first.incidentId}/acknowledge`)).toMatchObject({
    status: 200,
    body: { acknowledgedAt: expect.any(Number) }
  })
  expect(await unseen()).toBeUndefined()
  await api.command(accountId, 'connect')
  await api.untilAccount(accountId, 'open', ({ state }) => state === 'open')
  expect(await replace()).toMatchObject({ incidentId: first.incidentId, count: 2 })
  expect(await api.request('POST', '/v1/incidents/none/acknowledge')).toMatchObject({ status: 404 })
})

test('restart begins again in whatever state the account is, and touches no other', async () => {
  const { api } = shared()
  const { phone, accountId } = await shared().linked({ history: { chats: 1, messages: 5, groupsShare: 0 } })
  const other = await shared().linked({ history: { chats: 1, messages: 5, groupsShare: 0 } })
  const logins = other.phone.devices[0]!.logins
  await api.command(accountId, 'restart')
  await api.untilAccount(accountId, 'open again', ({ state }) => state === 'open')
  await phone.receive({ from: phone.contacts[0]!, text: 'after the restart' })
  await shared().synced(accountId, phone)
  expect((await api.account(other.accountId)).tags).toEqual(['online'])
  expect(other.phone.devices[0]!.logins).toBe(logins)

  phone.disconnect({ code: 411 })
  await api.untilAccount(accountId, 'failed', ({ state }) => state === 'failed')
  await api.command(accountId, 'restart')
  await api.untilAccount(accountId, 'open', ({ state }) => state === 'open')
  expect(await api.request('POST', '/v1/accounts/acc-none/restart')).toMatchObject({ status: 404 })
})
