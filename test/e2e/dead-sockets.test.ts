// Connections that end while the account links, logs in and uploads its keys: what Baileys goes on doing with a dead socket must
// not reach what the next connection works with.
import { expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import type { Phone } from '../../simulator/phone.ts'
import { thorough } from '../thorough.ts'
import { type InProcessStage, sharedInProcessStage } from './stage.ts'

const NEW_SENDERS = thorough(12, 40)

const shared = sharedInProcessStage()

/** Links a phone whose connection ends when the server has sent so many stanzas on it since the phone accepted it. */
const linkedWithDrops = async (stage: InProcessStage, step: number, handled: boolean) => {
  const { api, simulator } = stage
  const phone = simulator.createPhone({ history: { chats: 3, messages: 60, groupsShare: 0 } })
  phone.fault({ kind: 'dropOnReceived', count: step, handled }, { times: 1 })
  const { accountId } = await api.createAccount(`Dropped at ${step}`)
  await api.pair(accountId)
  const { qr } = await api.offer(accountId)
  try {
    await phone.scanQr(qr ?? '')
  } catch {
    // The device was gone before it had signed; the owner scans again.
    await phone.scanQr(await api.nextQr(accountId, qr ?? ''))
  }
  await stage.synced(accountId, phone)
  return { accountId, phone }
}

/** People who never wrote before, and who send nothing twice, are understood; and everything else is held. */
const everybodyIsReadable = async (stage: InProcessStage, accountId: string, phone: Phone): Promise<void> => {
  const fault = phone.fault({ kind: 'ignoreRetries' })
  for (let n = 0; n < NEW_SENDERS; n += 1) {
    const sender = stage.simulator.createContact({ name: `New ${n}` })
    await phone.receive({ from: sender, text: `first words ${n}` })
  }
  await stage.synced(accountId, phone)
  fault.clear()
  const { different, duplicates, missing } = await compare(stage.api, accountId, phone.truth().messages)
  expect({ different, duplicates, missing }).toEqual({ different: [], duplicates: [], missing: [] })
}

const SIXTEEN_STEPS = Array.from({ length: 16 }, (_, n) => n + 1)

test.each(
  thorough(
    [
      { step: 3, handled: false },
      { step: 6, handled: true }
    ],
    SIXTEEN_STEPS.flatMap(step => [
      { step, handled: false },
      { step, handled: true }
    ])
  )
)(
  'a connection that ends at stanza $step (handled: $handled) leaves keys that every new sender can write with',
  async ({ handled, step }) => {
    const stage = shared()
    const { accountId, phone } = await linkedWithDrops(stage, step, handled)
    await everybodyIsReadable(stage, accountId, phone)
  }
)

test('pre-keys that WhatsApp holds and this server does not are replaced at the next login', async () => {
  const stage = shared()
  const { accountId, phone } = await stage.linked({ history: { chats: 1, messages: 4, groupsShare: 0 } })
  phone.confusePreKeys(1)
  await stage.api.command(accountId, 'restart')
  const incident = await stage.api.until('the incident', async () =>
    (await stage.api.incidents(accountId)).find(({ kind }) => kind === 'account.differentPreKeys')
  )
  expect(incident).toMatchObject({ severity: 'warning', count: 1 })
  await everybodyIsReadable(stage, accountId, phone)
  await stage.api.command(accountId, 'restart')
  await phone.receive({ from: phone.contacts[0]!, text: 'after another login' })
  await stage.synced(accountId, phone)
  const kinds = (await stage.api.incidents(accountId)).map(({ count, kind }) => [kind, count])
  expect(kinds).toEqual([['account.differentPreKeys', 1]])
})
