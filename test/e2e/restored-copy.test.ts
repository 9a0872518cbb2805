// A server that is started on an older copy of its database: it says so, asks the phone for what came since, and encrypts with nothing
// that was used since.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import type { SeenEvent } from '../../harness/event-stream.ts'
import { InProcessServer } from '../../harness/in-process-server.ts'
import { ServerProcess, temporaryFolder } from '../../harness/server-process.ts'
import type { Phone } from '../../simulator/phone.ts'
import { backscrollOffline } from './backscroll.ts'
import { type AnyStage, Stage } from './stage.ts'
import { thoroughTest } from '../thorough.ts'

const KEY = 'backup-key-0123456789'

/** Runs a command on a data folder; answers its JSON line, or the words on standard error. */
const command = async (dataDir: string, ...args: ReadonlyArray<string>) => {
  const { code, stderr, stdout } = await backscrollOffline([...args, '--json'], {
    DATA_DIR: dataDir,
    API_KEY: KEY
  })
  const output = `${stdout}${stderr}`
  const line = output.split('\n').find(text => text.startsWith('{'))
  return { code, output, result: JSON.parse(line ?? '{}') as Record<string, unknown> }
}

/** The modes of everything in a folder that others could read. */
const readableByOthers = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    name => (statSync(join(folder, name)).mode & 0o077) !== 0
  )

const isOfAccount = ({ data, type }: SeenEvent): boolean =>
  type === 'account.created' && data.name === 'Since the copy'

const untilComplete = async (stage: AnyStage, accountId: string, phone: Phone) => {
  let lacking: ReadonlyArray<unknown> = []
  await stage.api.until(
    () => `everything that the phone has; lacking ${JSON.stringify(lacking.slice(0, 5))}`,
    async () => {
      const { different, missing } = await compare(stage.api, accountId, phone.truth().messages)
      lacking = [...different, ...missing.map(({ chatJid, fromMe, text }) => ({ chatJid, fromMe, text }))]
      return lacking.length === 0 ? true : undefined
    }
  )
}

test('what came since a copy is asked for, and new messages arrive both ways, in groups too', async () => {
  const aside = temporaryFolder()
  await using stage = await Stage.setInProcess()
  const { phone, accountId } = await stage.linked({ history: { chats: 3, messages: 60, groupsShare: 0.4 } })
  const [contact, other] = phone.contacts
  const [group] = phone.groups
  const send = async (to: string, text: string) => {
    const { entryId } = await stage.api.send(accountId, to, text)
    return stage.api.untilEntry(accountId, entryId, 'sent')
  }
  const traffic = async (when: string) => {
    for (const n of [1, 2, 3]) {
      await phone.receive({ from: contact!, text: `from the contact ${when} ${n}` })
      await phone.receive({ from: other!, group: group!, text: `from the group ${when} ${n}` })
      await send(contact!.phoneNumber, `to the contact ${when} ${n}`)
      await send(group!.id, `to the group ${when} ${n}`)
    }
  }
  await traffic('before')
  await untilComplete(stage, accountId, phone)
  const [copy, key] = [join(aside.path, 'copy'), join(aside.path, 'apart.key')]
  const made = await command(stage.dataDir, 'backup', '--key', key, copy)
  expect(made).toMatchObject({ code: 0, result: { database: { rows: { accounts: 1 } }, damagedFiles: [] } })
  expect(readdirSync(copy).toSorted()).toEqual(expect.arrayContaining(['backscroll.db', 'backup.json']))
  expect(readdirSync(copy)).not.toContain('vault.key')
  expect([readableByOthers(copy), statSync(key).mode & 0o777]).toEqual([[], 0o600])
  expect((await command(stage.dataDir, 'backup', copy)).output).toContain('not an empty folder')
  await traffic('since')
  await untilComplete(stage, accountId, phone)
  expect(await command(stage.dataDir, 'restore', copy)).toMatchObject({
    code: 1,
    output: expect.stringContaining('Another Backscroll server')
  })
  await stage.server.stop()

  expect(await command(stage.dataDir, 'restore', copy)).toMatchObject({
    code: 0,
    result: { rows: { accounts: 1 }, aside: [expect.stringMatching(/^backscroll\.db\..*\.old$/)] }
  })
  await stage.restart()
  const restored = async (api = stage.api) =>
    (await api.incidents()).find(({ kind }) => kind === 'storage.restored')
  expect(await stage.api.until('the incident', () => restored())).toMatchObject({
    happened: expect.stringContaining('The database is a copy'),
    did: expect.stringContaining('Of 1 linked accounts')
  })
  await stage.api.untilAccount(accountId, 'online', account => account.tags.includes('online'))
  await untilComplete(stage, accountId, phone)

  await traffic('afterwards')
  await untilComplete(stage, accountId, phone)
  const unread = phone.truth().messages.filter(({ text }) => text?.includes('afterwards') === true)
  expect(unread).toHaveLength(12)

  // Started in order, it is no older copy any more; after a kill whose log is lost, it is.
  const count = (await restored())?.count
  await stage.server.stop()
  const killed = await ServerProcess.start({ dataDir: stage.dataDir, settings: stage.settings })
  expect((await restored(killed.api))?.count).toBe(count)
  await killed.kill()
  rmSync(join(stage.dataDir, 'backscroll.db-wal'))
  await stage.restart()
  expect((await restored())?.happened).toContain('its log (backscroll.db-wal) is gone')
  aside.remove()
})

thoroughTest(
  'a backup is restored into an empty folder with its key, and over a damaged database; an altered one is refused',
  async () => {
    const aside = temporaryFolder()
    const [data, other, copy, key] = ['data', 'other', 'copy', 'apart.key'].map(name =>
      join(aside.path, name)
    ) as [string, string, string, string]
    const server = await InProcessServer.start({ dataDir: data })
    const { accountId } = await server.api.createAccount('Kept')
    await server.stop()
    const media = join(data, 'media')
    mkdirSync(media, { recursive: true })
    const file = createHash('sha256').update('a picture').digest('hex')
    writeFileSync(join(media, file), 'a picture')
    writeFileSync(join(media, 'f'.repeat(64)), 'something else')
    const sinceCopy = async (): Promise<string> => {
      const open = await InProcessServer.start({ dataDir: data })
      const told = await open.api.subscribe('?after=0')
      await open.api.createAccount('Since the copy')
      const { id } = await open.api.until('the event', async () => told.seen.find(isOfAccount))
      told.stop()
      await open.stop()
      return id
    }
    expect((await command(data, 'backup', '--key', key, copy)).result).toMatchObject({
      files: { count: 1, bytes: 9 },
      damagedFiles: [`media/${'f'.repeat(64)}`]
    })

    expect(await command(other, 'restore', '--key', key, copy)).toMatchObject({ code: 0 })
    expect(readFileSync(join(other, 'media', file), 'utf8')).toBe('a picture')
    const restored = await InProcessServer.start({ dataDir: other })
    expect(await restored.api.account(accountId)).toMatchObject({ name: 'Kept' })
    const [incident] = await restored.api.incidents()
    expect(incident).toMatchObject({
      kind: 'storage.restored',
      happened: expect.stringContaining('it was brought into this folder')
    })
    await restored.stop()

    const place = await sinceCopy()
    truncateSync(join(data, 'backscroll.db'), 5000)
    expect(await command(data, 'restore', copy)).toMatchObject({ code: 0 })
    const again = await InProcessServer.start({ dataDir: data })
    // Another event would have had this number by now.
    for (const name of ['One', 'Two', 'Three']) await again.api.createAccount(name)
    const resumed = await again.api.subscribe(`?after=${place}&types=account.created`)
    await again.api.until('what is new', async () => resumed.seen[3])
    expect(resumed.seen.map(({ type }) => type)).toEqual([
      'events.missed',
      ...Array(3).fill('account.created')
    ])
    expect(resumed.seen[0]!.eventId).toBeGreaterThan(Number(place))
    resumed.stop()
    expect(await again.api.account(accountId)).toMatchObject({ name: 'Kept' })
    await again.stop()

    truncateSync(join(copy, 'backscroll.db'), 5000)
    expect((await command(data, 'restore', copy)).output).toMatch(/Nothing was restored: .*damaged/)
    rmSync(join(copy, 'backup.json'))
    expect((await command(data, 'restore', copy)).output).toContain('no complete backup')
    aside.remove()
  }
)
