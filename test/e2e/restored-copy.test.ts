// A server that is started on an older copy of its database: it says so, asks the phone for what came since, and encrypts with nothing
// that was used since.
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import { ServerProcess, temporaryFolder } from '../../harness/server-process.ts'
import type { Phone } from '../../simulator/phone.ts'
import { Stage } from './stage.ts'

const copyDatabase = (from: string, to: string): void => {
  const database = new DatabaseSync(from, { readOnly: true })
  database.prepare('VACUUM INTO ?').run(to)
  database.close()
}

const replaceDatabase = (dataDir: string, copy: string): void => {
  const file = join(dataDir, 'backscroll.db')
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
  copyFileSync(copy, file)
}

const untilComplete = async (stage: Stage, accountId: string, phone: Phone) => {
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
  await using stage = await Stage.set()
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
  const copy = join(aside.path, 'copy.db')
  copyDatabase(join(stage.dataDir, 'backscroll.db'), copy)
  await traffic('since')
  await untilComplete(stage, accountId, phone)
  await stage.server.stop()

  replaceDatabase(stage.dataDir, copy)
  stage.server = await ServerProcess.start({ dataDir: stage.dataDir, settings: stage.settings })
  const restored = async () => (await stage.api.incidents()).find(({ kind }) => kind === 'storage.restored')
  expect(await stage.api.until('the incident', restored)).toMatchObject({
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
  stage.server = await ServerProcess.start({ dataDir: stage.dataDir, settings: stage.settings })
  expect((await restored())?.count).toBe(count)
  await stage.server.kill()
  rmSync(join(stage.dataDir, 'backscroll.db-wal'))
  stage.server = await ServerProcess.start({ dataDir: stage.dataDir, settings: stage.settings })
  expect((await restored())?.happened).toContain('its log (backscroll.db-wal) is gone')
  aside.remove()
})
