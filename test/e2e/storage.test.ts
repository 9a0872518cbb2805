// The disk is full, the database is held by another program, the folder is read-only: an incident says so, nothing is
// acknowledged that is not written, and everything goes on by itself when it ends.
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import { InProcessServer } from '../../harness/in-process-server.ts'
import { runToExit, temporaryFolder } from '../../harness/server-process.ts'
import type { Phone } from '../../simulator/phone.ts'
import { canMount, smallDisk } from './small-disk.ts'
import { type AnyStage, type InProcessStage, sharedInProcessStage, Stage } from './stage.ts'
import { thoroughTest } from '../thorough.ts'

const SMALL = { history: { chats: 2, messages: 20, groupsShare: 0 } }
const NOTHING_WRONG = { missing: [], duplicates: [], different: [] }

const untilIncident = (stage: AnyStage, kind: string) =>
  stage.api.until(`the incident ${kind}`, async () =>
    (await stage.api.incidents()).find(incident => incident.kind === kind)
  )

const write = async (phone: Phone, texts: ReadonlyArray<string>) => {
  for (const text of texts) await phone.receive({ from: phone.contacts[0]!, text })
}

const untilAllIsWell = async (stage: AnyStage, accountId: string, phone: Phone) => {
  await stage.synced(accountId, phone)
  await stage.simulator.until(() => phone.truth().offlineQueue.length === 0)
  expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
}

describe.skipIf(!canMount)('on a disk of its own', () => {
  test('a full disk loses nothing: WhatsApp keeps what cannot be written until there is space again', async () => {
    const disk = smallDisk(24)
    await using stage = await Stage.setInProcess({}, disk)
    const { phone, accountId } = await stage.linked(SMALL)
    const free = disk.fill()
    await write(
      phone,
      Array.from({ length: 30 }, (_, n) => `while full ${n} ${'x'.repeat(2000)}`)
    )
    const incident = await untilIncident(stage, 'storage.full')
    expect(incident).toMatchObject({ severity: 'error', advice: expect.stringContaining('Free space') })
    expect(phone.truth().offlineQueue.length).toBeGreaterThan(0)
    const refused = await stage.api.request('POST', `/v1/accounts/${accountId}/messages`, {
      to: phone.contacts[0]!.phoneNumber,
      text: 'x'.repeat(60_000)
    })
    const full = {
      status: 503,
      body: {
        title: 'The database is unavailable',
        detail: expect.stringContaining('The disk is full. Free space')
      }
    }
    expect(refused).toMatchObject(full)
    const file = { bytes: Buffer.alloc(3_000_000, 1), type: 'application/pdf', name: 'f.pdf' }
    const to = phone.contacts[0]!.phoneNumber
    expect(await stage.api.upload(accountId, file, { to, type: 'document' })).toMatchObject(full)
    // What little there is to write may still fit; nothing is a fault of the server.
    const contact = `${accountId}__${phone.contacts[0]!.jid}`
    for (const [method, path, body] of [
      ['POST', '/v1/accounts', { name: 'Second' }],
      ['PATCH', `/v1/accounts/${accountId}`, { proxy: `socks5://${'u'.repeat(200)}@127.0.0.1:9` }],
      ['POST', `/v1/accounts/${accountId}/backfill`, { threads: 5 }],
      ['POST', `/v1/accounts/${accountId}/contacts/check`, { numbers: ['+4915100000000'] }],
      ['POST', `/v1/threads/${encodeURIComponent(contact)}/read`, {}],
      ['POST', `/v1/incidents/${incident.incidentId}/acknowledge`, undefined],
      ['GET', `/v1/accounts/${accountId}/threads`, undefined],
      ['GET', '/v1/incidents', undefined]
    ] as const) {
      const { body: answer, status } = await stage.api.request(method, path, body)
      expect([path, status < 500 || status === 503, answer]).toMatchObject([path, true, answer])
    }
    free()
    await untilAllIsWell(stage, accountId, phone)
    const sent = await stage.api.send(accountId, phone.contacts[0]!.phoneNumber, 'space again')
    await stage.api.untilEntry(accountId, sent.entryId, 'sent')
  })

  test('a read-only folder is refused at the start with what to do, and used once it is writable', async () => {
    const disk = smallDisk(24)
    const first = await InProcessServer.start({ dataDir: disk.path })
    const { accountId } = await first.api.createAccount('Kept')
    await first.stop()
    disk.mount('ro')
    await expect(InProcessServer.start({ dataDir: disk.path })).rejects.toThrow('Make the folder writable')
    disk.mount('rw')
    const second = await InProcessServer.start({ dataDir: disk.path })
    expect(await second.api.account(accountId)).toMatchObject({ name: 'Kept' })
    await second.stop()
    disk.remove()
  })
})

/** Another program that holds the database from now on; the server, which runs in this thread, may be writing just now. */
const lockedBeside = ({ api, dataDir }: InProcessStage): Promise<DatabaseSync> => {
  const other = new DatabaseSync(join(dataDir, 'backscroll.db'))
  return api.until('the server to have written', async () => {
    try {
      other.exec('BEGIN IMMEDIATE')
      return other
    } catch {
      return undefined
    }
  })
}

describe('a database', () => {
  const shared = sharedInProcessStage()

  test('that is held for a moment, as by a backup, is waited for', async () => {
    const stage = shared()
    const { phone, accountId } = await stage.linked(SMALL)
    const other = await lockedBeside(stage)
    const creating = stage.api.createAccount('Waits a moment')
    await write(phone, ['held up for a moment'])
    other.exec('ROLLBACK')
    other.close()
    expect(await creating).toMatchObject({ name: 'Waits a moment' })
    await untilAllIsWell(stage, accountId, phone)
    expect(await stage.api.incidents()).toEqual([])
  })

  thoroughTest('that another program holds makes messages wait, not disappear', async () => {
    const stage = shared()
    const { phone, accountId } = await stage.linked(SMALL)
    const other = await lockedBeside(stage)
    await write(phone, ['held up 1', 'held up 2'])
    await stage.simulator.until(() => phone.truth().offlineQueue.length >= 2, {
      what: 'unconfirmed messages'
    })
    await stage.api.until(
      'the incident',
      async () => /another program holds the database/.exec(stage.server.output()) ?? undefined
    )
    other.exec('ROLLBACK')
    other.close()
    await untilAllIsWell(stage, accountId, phone)
    expect(await untilIncident(stage, 'storage.locked')).toMatchObject({ accountId })
  })
})

test('a link that is not written down is not confirmed to WhatsApp: a server that is killed then has no link, and the phone no device', async () => {
  await using stage = await Stage.set()
  const phone = stage.simulator.createPhone(SMALL)
  const { accountId } = await stage.api.createAccount('Killed while linking')
  await stage.api.pair(accountId)
  const { qr } = await stage.api.offer(accountId)
  // The server may be writing just now.
  const other = new DatabaseSync(join(stage.dataDir, 'backscroll.db'), { timeout: 10_000 })
  other.exec('BEGIN IMMEDIATE')
  const scanning = phone.scanQr(qr!).then(
    () => 'linked',
    () => 'not linked'
  )
  await stage.api.untilAccount(accountId, 'the phone', ({ state }) => state === 'connecting')
  await stage.server.kill()
  other.exec('ROLLBACK')
  other.close()
  expect(await scanning).toBe('not linked')

  await stage.restart()
  expect(await stage.api.account(accountId)).toMatchObject({ state: 'stopped', jid: null })
  expect(phone.devices).toEqual([])
  await stage.api.pair(accountId)
  await phone.scanQr((await stage.api.offer(accountId)).qr!)
  await stage.synced(accountId, phone)
})

test('a folder that cannot be used says so instead of starting half', async () => {
  const folder = temporaryFolder()
  const dataDir = join(folder.path, '\u0000x'.slice(1), 'a'.repeat(300))
  await expect(InProcessServer.start({ dataDir })).rejects.toThrow('cannot be used')
  folder.remove()
})

test('a first start that could not listen leaves no database and no key', async () => {
  const folder = temporaryFolder()
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const settings = { DATA_DIR: folder.path, PORT: String(port) }
  const { code, output } = await runToExit(settings)
  taken.close()
  expect(code).toBe(1)
  expect(output).toContain('Choose another HOST or PORT')
  expect(readdirSync(folder.path)).toEqual(['server.lock'])
  folder.remove()
})

thoroughTest(
  'a history chunk that arrives broken is made again by the phone, and nothing is missing',
  async () => {
    await using stage = await Stage.set()
    const phone = stage.simulator.createPhone({
      history: { chats: 4, messages: 400, chunkMessages: 100, inlineBelowBytes: 0 }
    })
    phone.fault({ kind: 'historyChunk', effect: 'corrupt', chunkOrder: 2 }, { times: 2 })
    const { accountId } = await stage.api.createAccount('Broken at first')
    await stage.api.pair(accountId)
    await phone.scanQr((await stage.api.offer(accountId)).qr!)
    await untilAllIsWell(stage, accountId, phone)
    expect((await stage.api.account(accountId)).sync).toMatchObject({ chunksFailed: 0, chunksPending: 0 })
  }
)
