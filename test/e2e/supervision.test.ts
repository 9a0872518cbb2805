// A fault in one account, wherever it is, restarts that account and touches no other.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Phone } from '../../simulator/phone.ts'
import { temporaryFolder } from '../../harness/server-process.ts'
import { throwWhatIsIn } from './inner-faults.ts'
import { type InProcessStage, Stage } from './stage.ts'
import { thoroughTest } from '../thorough.ts'

const SMALL = { history: { chats: 1, messages: 5, groupsShare: 0 } }

const folder = temporaryFolder()
const faultFile = join(folder.path, 'fault')
let stage: InProcessStage
let throwNothing: () => void
beforeAll(async () => {
  stage = await Stage.setInProcess()
  throwNothing = throwWhatIsIn(faultFile)
})
afterAll(async () => {
  throwNothing()
  await stage[Symbol.asyncDispose]()
  folder.remove()
})

interface Linked {
  readonly phone: Phone
  readonly accountId: string
}

/** A stanza on which Baileys throws, inside a promise that nobody waits for. */
const upsetBaileys = async ({ phone }: Linked): Promise<void> => {
  await phone.devices[0]!.connection!.send({
    tag: 'iq',
    attrs: { type: 'set', id: 'upset', from: 's.whatsapp.net' },
    content: [{ tag: 'pair-device', attrs: {}, content: [{ tag: 'ref', attrs: {} }] }]
  })
}

const crashes = async (accountId: string): Promise<number> => {
  const incidents = await stage.api.incidents(accountId)
  return incidents.find(({ kind }) => kind === 'account.crashed')?.count ?? 0
}

const untilCrashed = (accountId: string, times: number) =>
  stage.api.until(`crash ${times}`, async () => ((await crashes(accountId)) >= times ? true : undefined))

const isOpen = ({ state }: { readonly state: string }): boolean => state === 'open'

describe('only its account is restarted by', () => {
  test.each<[string, (one: Linked) => Promise<unknown>]>([
    [
      'an actor that throws',
      async ({ phone }) => {
        writeFileSync(faultFile, 'actor')
        phone.disconnect({ code: 503 })
      }
    ],
    [
      'a defect in a service',
      async ({ accountId, phone }) => {
        writeFileSync(faultFile, 'service')
        await stage.api.send(accountId, phone.contacts[0]!.phoneNumber, 'sent in the end')
      }
    ]
  ])('%s', async (_, upset) => {
    const [one, other] = [await stage.linked(SMALL), await stage.linked(SMALL)]
    const before = other.phone.devices[0]!.logins
    await upset(one)
    await untilCrashed(one.accountId, 1)
    await stage.api.untilAccount(one.accountId, 'open again', isOpen)

    // Everything works as before, also what the fault interrupted.
    const sent = await stage.api.send(one.accountId, one.phone.contacts[0]!.phoneNumber, 'after it')
    await stage.api.untilEntry(one.accountId, sent.entryId, 'sent')
    const { body } = await stage.api.request<{ entries: ReadonlyArray<{ status: string }> }>(
      'GET',
      `/v1/accounts/${one.accountId}/outbox`
    )
    expect(body.entries.filter(({ status }) => status !== 'sent')).toEqual([])
    expect(await crashes(one.accountId)).toBe(1)

    expect(await stage.api.account(other.accountId)).toMatchObject({ tags: ['online'] })
    expect(other.phone.devices[0]!.logins).toBe(before)
    expect(await stage.api.incidents(other.accountId)).toEqual([])
  })
})

test('a rejection inside Baileys that nobody waits for costs its stanza, not the connection', async () => {
  const { accountId, phone } = await stage.linked(SMALL)
  const before = phone.devices[0]!.logins
  await upsetBaileys({ accountId, phone })
  const incident = await stage.api.until('the incident', async () =>
    (await stage.api.incidents(accountId)).find(({ kind }) => kind === 'stanza.faulty')
  )
  expect(incident).toMatchObject({ severity: 'warning', count: 1 })
  await phone.receive({ from: phone.contacts[0]!, text: 'after it' })
  await stage.synced(accountId, phone)
  expect(await stage.api.account(accountId)).toMatchObject({ tags: ['online'] })
  expect(phone.devices[0]!.logins).toBe(before)
  expect(await crashes(accountId)).toBe(0)
})

thoroughTest(
  'an account that crashes again and again is given up, says so, and is brought back by restart',
  async () => {
    const [one, other] = [await stage.linked(SMALL), await stage.linked(SMALL)]
    const before = other.phone.devices[0]!.logins
    for (let times = 1; times <= 6; times += 1) {
      await stage.api.untilAccount(one.accountId, 'open', isOpen)
      writeFileSync(faultFile, 'actor')
      one.phone.disconnect({ code: 503 })
      await untilCrashed(one.accountId, times)
    }
    await stage.api.untilAccount(one.accountId, 'given up', ({ state }) => state === 'failed')
    const [incident] = await stage.api.incidents(one.accountId)
    expect(incident).toMatchObject({ kind: 'account.crashed', severity: 'error' })
    // It stays so over a restart of the server, and what is received meanwhile is not lost.
    await stage.server.stop()
    await stage.restart()
    expect(await stage.api.account(one.accountId)).toMatchObject({ state: 'failed' })
    await one.phone.receive({ from: one.phone.contacts[0]!, text: 'meanwhile' })

    await stage.api.command(one.accountId, 'restart')
    await stage.synced(one.accountId, one.phone)
    await stage.api.untilAccount(other.accountId, 'the other one', isOpen)
    expect(other.phone.devices[0]!.logins).toBe(before + 1)
  }
)
