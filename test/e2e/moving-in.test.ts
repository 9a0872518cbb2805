// Moving in: linked sessions of other servers are taken over, without a QR code, and go on as if nothing had happened.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { runToExit, ServerProcess, temporaryFolder } from '../../harness/server-process.ts'
import type { Phone } from '../../simulator/phone.ts'
import type { Account } from '../../simulator/state/account.ts'
import { withNewerFields } from '../../simulator/state/messages/newer-fields.ts'
import { type BaileysVersion, OtherServer, VERSIONS } from './other-server.ts'
import { thorough, thoroughTest } from '../thorough.ts'
import { type AnyStage, sharedStage, Stage } from './stage.ts'
import { zipOf } from './zip.ts'
import { backscrollHere, resultsOf } from './backscroll.ts'

/** What a command needs to talk to the server. */
const commandsOf = ({ server }: AnyStage) => ({ BACKSCROLL_URL: server.url, BACKSCROLL_API_KEY: server.key })

// Unmodified Baileys 7 may leave a session with the own phone that the phone cannot read: the first request is then made once more.
const shared = sharedStage({ BACKFILL_TIMEOUT: '2s' })

/** A phone with people and a group. */
const somebody = () => {
  const { simulator } = shared()
  const phone = simulator.createPhone({ history: { chats: 4, messages: 20, groupsShare: 0.25 } })
  const [ann, ben, eve] = phone.contacts as [Account, Account, Account]
  const group = phone.groups[0]!
  const member = phone.contacts.find(contact => group.members.has(contact))!
  return { phone, ann, ben, eve, group, member }
}

/** Counts how often a device of this phone has asked for a message once more. */
const countRetries = (phone: Phone) => {
  const retries: Array<string> = []
  const stop = shared().simulator.events.on(({ detail, name }) => {
    const { device, id } = detail
    if (name === 'retry' && phone.devices.some(({ jid }) => jid === device)) retries.push(String(id))
  })
  return { retries, [Symbol.dispose]: stop }
}

const untilAll = (accountId: string, texts: ReadonlyArray<string>, api = shared().api) =>
  api.until(`${texts.join(', ')} to be stored`, async () => {
    const lines = await api.exported(`accounts/${accountId}/export`)
    const bodies = lines.map(line => JSON.stringify(line))
    return texts.every(text => bodies.some(body => body.includes(`"${text}"`))) || undefined
  })

// A session of Baileys 7 is taken over below, too.
describe.each(thorough<ReadonlyArray<BaileysVersion>>(['6.7'], ['6.7', '7']))(
  'a session of Baileys %s',
  version => {
    test('is taken over from a zip of its folder: messages flow both ways, and nobody is asked to repeat one', async () => {
      const { api, simulator } = shared()
      const { ann, ben, eve, group, member, phone } = somebody()
      await using other = await OtherServer.linked(simulator, phone, version)
      await phone.receive({ from: ann, text: 'before, 1:1' })
      await phone.receive({ from: eve, text: 'before, from a LID', addressing: 'lid' })
      await phone.receive({ from: member, group, text: 'before, in the group' })
      for (const text of ['before, 1:1', 'before, from a LID', 'before, in the group'])
        await other.until(() => other.texts.has(text))
      await other.say(ben.jid, 'from the other server')
      await simulator.until(() => phone.truth().received.some(({ text }) => text === 'from the other server'))
      await other.stop()
      const files = other.files()
      using retried = countRetries(phone)

      const { body, status } = await api.importSession(await zipOf(files, 'sessions/shop/'), { name: 'Shop' })
      expect({ status, ...body }).toMatchObject({ status: 201, outcome: 'connected', leftOut: {} })
      expect(body.taken['pre-key']).toBeGreaterThan(20)
      expect(body.account).toMatchObject({ name: 'Shop', jid: phone.jid })
      const { accountId } = body.account
      await phone.receive({ from: ann, text: 'after, 1:1' })
      await phone.receive({ from: eve, text: 'after, from a LID', addressing: 'lid' })
      await phone.receive({ from: member, group, text: 'after, in the group' })
      await phone.send({ to: ann, text: 'after, from the phone' })
      const sent = await api.send(accountId, ben.phoneNumber, 'from this server')
      await api.untilMessage(sent.threadId, sent.messageId, ({ status: told }) => told === 'read')
      // What the phone still gives is asked for, thread by thread, from the first message on.
      await untilAll(accountId, [
        'after, 1:1',
        'after, from a LID',
        'after, in the group',
        'after, from the phone',
        'before, 1:1',
        'before, in the group'
      ])
      const repeated = phone.truth().messages.filter(({ id }) => retried.retries.includes(id))
      expect(repeated.map(({ text }) => text)).toEqual([])
      expect(retried.retries).toEqual([])
      expect(phone.devices.map(({ number }) => number)).toEqual([1])
      const thread = (await api.threads(accountId)).find(({ clientJid }) => clientJid === group.id)!
      const report = await api.threadsCoverage(accountId)
      expect(report).toContainEqual(await api.coverage(thread.threadId))
      expect(report).toContainEqual(
        expect.objectContaining({ threadId: thread.threadId, beginningReached: true, gaps: [] })
      )
      // The source is as it was.
      expect(other.files()).toEqual(files)

      // Neither once more, nor from an older copy.
      expect(await api.importSession(await zipOf(files), { name: 'Twice' })).toMatchObject({
        status: 409,
        body: { reason: 'alreadyHere', accountId }
      })
      expect((await api.request('DELETE', `/v1/accounts/${accountId}`)).status).toBe(204)
      expect(await api.importSession(await zipOf(files), { name: 'Twice' })).toMatchObject({
        status: 409,
        body: { reason: 'usedBefore' }
      })
      expect(await api.importSession(await zipOf(files), { name: 'Twice', again: 'true' })).toMatchObject({
        status: 409,
        body: { reason: 'unlinked' }
      })
    }, 60_000)
  }
)

thoroughTest(
  'a server that was not stopped takes its session back, and the account waits for a person',
  async () => {
    // Long enough for the other server on any machine: the answer comes as soon as it has connected again.
    await using stage = await Stage.set({ IMPORT_WATCH: '50s' })
    const { api, simulator } = stage
    const phone = simulator.createPhone({ history: { chats: 4, messages: 20, groupsShare: 0.25 } })
    await using other = await OtherServer.linked(simulator, phone, '7')
    await phone.receive({ from: phone.contacts[0]!, text: 'before' })
    await other.until(() => other.texts.has('before'))
    const refused = await backscrollHere(
      ['import', '--server', '--name', 'Too early', other.folder],
      commandsOf(stage)
    )
    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('stop the other server for good')
    })
    const accountId = /acc-[\w-]+/.exec(refused.stderr)![0]
    expect(await api.account(accountId)).toMatchObject({
      state: 'replaced',
      lastDisconnect: { reason: 'Another connection took over this session' }
    })
    await other.until(() => other.isOpen)
    await other.stop()
    await api.command(accountId, 'connect')
    await api.untilAccount(accountId, 'to be online', ({ state }) => state === 'open')
    await phone.receive({ from: phone.contacts[1]!, text: 'stopped at last' })
    await untilAll(accountId, ['stopped at last'], api)
    await simulator.until(() => phone.truth().offlineQueue.length === 0)
  },
  60_000
)

test('another Baileys in the process leaves the classes of this one as they are', () => {
  expect(Object.keys(VERSIONS)).toHaveLength(2)
  const message = withNewerFields({}, [{ field: 129, value: Buffer.from('a song') }])
  const encoded = proto.WebMessageInfo.encode({ key: {}, message }).finish()
  expect(Buffer.from(encoded).includes('a song')).toBe(true)
})

describe('refused over HTTP', () => {
  test.each([
    ['no name', 'application/zip', 'x', {}, 400, undefined],
    ['no session', 'application/json', '{"a":1}', { name: 'A' }, 422, 'noSession'],
    ['no zip', 'application/zip', 'PK\u0003\u0004 broken', { name: 'A' }, 422, 'unreadable']
  ])('%s', async (_what, type, body, query, status, reason) => {
    const answer = await shared().api.importSession(Buffer.from(body), query as never, type)
    expect({ status: answer.status, reason: answer.body.reason }).toEqual({ status, reason })
  })

  test('a form without a file, and one whose file is JSON', async () => {
    const { api } = shared()
    const form = new FormData()
    form.set('name', 'A')
    const post = async () => {
      const response = await api.fetch('/v1/accounts/import', { method: 'POST', body: form })
      return { status: response.status, body: (await response.json()) as object }
    }
    expect(await post()).toMatchObject({ status: 400 })
    form.set('file', new Blob(['{"creds":{}}'], { type: 'application/json' }), 'session.json')
    expect(await post()).toMatchObject({ status: 422, body: { reason: 'noSession' } })
    expect(
      (
        await api.request<{ accounts: ReadonlyArray<{ name: string }> }>('GET', '/v1/accounts')
      ).body.accounts.map(({ name }) => name)
    ).not.toContain('A')
  })
})

thoroughTest(
  'an account of this server goes on in an empty one, and back, and never in both',
  async () => {
    await using stage = await Stage.setInProcess()
    const { simulator } = stage
    const { accountId, phone } = await stage.linked({
      history: { chats: 4, messages: 20, groupsShare: 0.25 }
    })
    const [ann, ben] = phone.contacts as [Account, Account]
    const greeting = await stage.api.send(accountId, ann.phoneNumber, 'before')
    await stage.api.untilMessage(greeting.threadId, greeting.messageId, ({ status }) => status === 'read')
    await phone.receive({ from: ben, text: 'before, too' })
    await untilAll(accountId, ['before, too'], stage.api)
    await stage.server.stop()

    const file = join(stage.dataDir, 'session.zip')
    const here = { ...stage.settings, DATA_DIR: stage.dataDir }
    const exporting = (
      settings: Readonly<Record<string, string>>,
      account: string,
      path: string,
      flag = '--session'
    ) => runToExit(settings, ['export', flag, '--account', account, path])
    expect(await runToExit(here, ['export', '--session', file])).toMatchObject({ code: 2 })
    expect(await exporting(here, accountId, file)).toMatchObject({ code: 0 })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect((await exporting(here, accountId, join(stage.dataDir, 'again.zip'))).output).toContain(
      'no linked session'
    )

    const folder = temporaryFolder()
    const there = { ...stage.settings, DATA_DIR: folder.path }
    const imported = await runToExit(there, ['import', '--json', '--name', 'Moved', file])
    expect(imported).toMatchObject({ code: 0 })
    const moved = (
      JSON.parse(imported.output.split('\n').find(line => line.startsWith('{'))!) as { accountId: string }
    ).accountId
    expect((await runToExit(there, ['import', '--name', 'Twice', file])).output).toContain(moved)

    const retries: Array<unknown> = []
    simulator.events.on(
      ({ detail, name }) =>
        name === 'retry' && detail['device'] === phone.devices[0]!.jid && retries.push(detail)
    )
    const second = await ServerProcess.start({ dataDir: folder.path, settings: stage.settings })
    await second.api.untilAccount(moved, 'to be online', ({ state }) => state === 'open')
    await phone.receive({ from: ann, text: 'after' })
    await untilAll(moved, ['after', 'before'], second.api)
    const reply = await second.api.send(moved, ben.phoneNumber, 'from the second server')
    await second.api.untilMessage(reply.threadId, reply.messageId, ({ status }) => status === 'read')
    // App state goes on: the keys were moved, and what the phone changes now is applied.
    await phone.nameContact(ann, 'Ann of the phone book')
    await second.api.until('the name', async () =>
      (await second.api.threads(moved)).some(({ displayName }) => displayName === 'Ann of the phone book')
    )
    expect(retries).toEqual([])

    // The first server has everything it had, and does not use the session.
    await stage.restart()
    expect(await stage.api.account(accountId)).toMatchObject({
      state: 'loggedOut',
      lastDisconnect: { source: 'server', reason: expect.stringContaining('exported') as string }
    })
    expect((await stage.api.request('POST', `/v1/accounts/${accountId}/connect`)).status).toBe(409)
    await second.stop()
    // The way back is the same one.
    if (!thorough(false, true)) return folder.remove()
    const back = join(folder.path, 'back.zip')
    expect(await exporting(there, moved, back)).toMatchObject({ code: 0 })
    const returned = await backscrollHere(
      ['import', '--server', '--json', '--name', 'Back', back],
      commandsOf(stage)
    )
    expect(returned.code).toBe(0)
    expect(resultsOf(returned)).toMatchObject([{ accountId, leftOut: {} }])
    await phone.receive({ from: ben, text: 'back again' })
    await untilAll(accountId, ['back again', 'before, too', 'from the second server'], stage.api)
    folder.remove()
  },
  120_000
)
