// One person's data: all of it can be taken along, and all of it goes, also when the server is killed meanwhile; no history brings it
// back, and what the person does afterwards is new.
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { userOf } from '../../src/domain/jid.ts'
import { Stage } from './stage.ts'

/** Every text and number in the database that contains one of these words, by table and column. */
const mentionsIn = (file: string, words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const database = new DatabaseSync(file, { readOnly: true })
  const tables = database
    .prepare(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'message_search*' AND name NOT GLOB 'sqlite_*'`
    )
    .all()
    .map(({ name }) => String(name))
  const found = tables.flatMap(table =>
    database
      .prepare(`SELECT name FROM pragma_table_info(?)`)
      .all(table)
      .map(({ name }) => String(name))
      .filter(column =>
        words.some(
          word =>
            database
              .prepare(`SELECT 1 FROM "${table}" WHERE instr(CAST("${column}" AS TEXT), ?) > 0 LIMIT 1`)
              .get(word) !== undefined
        )
      )
      .map(column => `${table}.${column}`)
  )
  database.close()
  return found
}

test('a person is exported and erased, over a kill; a new link brings nothing back, and what they write then is new', async () => {
  await using stage = await Stage.setToKill({ WHATSAPP_BACKFILL_COUNT: '0' })
  const { phone, accountId } = await stage.linked({
    history: { chats: 3, messages: 400, groupsShare: 0.34, mediaShare: 0 }
  })
  const group = phone.mailbox.chats.map(({ partner }) => partner).find(partner => 'members' in partner)!
  const person = phone.contacts.find(contact => 'members' in group && group.members.has(contact))!
  const other = phone.contacts.find(
    contact => contact !== person && 'members' in group && group.members.has(contact)
  )!
  const said = await phone.receive({ from: person, group, text: 'zanzibar is lovely' })
  await phone.receive({ from: other, group, text: 'is it?', quote: { id: said.id } })
  const own = await phone.send({ to: group, text: 'who comes along?' })
  await phone.receive({ from: person, group, react: own.id, text: '🌴' })
  await phone.receive({ from: person, text: 'see you in zanzibar' })
  await stage.api.until('the reaction', async () => {
    const threads = await stage.api.threads(accountId)
    const all = await Promise.all(threads.map(({ threadId }) => stage.api.messages(threadId)))
    return all.flat().some(({ reactions }) => reactions.some(({ emoji }) => emoji === '🌴'))
      ? true
      : undefined
  })
  await stage.synced(accountId, phone)

  const lines = await stage.api.exportedPerson(accountId, `+${userOf(person.jid)}`)
  const end = lines.at(-1)!
  expect(lines[0]).toMatchObject({ kind: 'person', addresses: expect.arrayContaining([person.jid]) })
  const truth = phone.truth().messages
  const isDirect = ({ chatJid }: (typeof truth)[number]) => chatJid === person.jid
  const inGroup = truth.filter(({ participant }) => participant === person.jid)
  const direct = truth.filter(isDirect)
  expect(direct.length).toBeGreaterThan(100)
  expect(end).toMatchObject({ kind: 'end', messages: direct.length + inGroup.length })
  expect(lines.filter(({ kind }) => kind === 'message')).toHaveLength(direct.length + inGroup.length)
  expect(JSON.stringify(lines)).toContain('zanzibar is lovely')
  expect(lines).toContainEqual(
    expect.objectContaining({
      kind: 'reference',
      reference: expect.objectContaining({ reactions: [expect.objectContaining({ emoji: '🌴' })] })
    })
  )

  const { erasureId } = await stage.api.erase(accountId, person.jid)
  expect((await stage.api.erase(accountId, person.jid)).erasureId).toBe(erasureId)
  await stage.kill()
  await stage.restart()
  const done = await stage.api.untilErased(accountId, erasureId)
  expect(done.removed).toMatchObject({ messages: direct.length, groupMessages: inGroup.length })
  expect(done.removed.quotes).toBeGreaterThanOrEqual(1)
  expect(done.removed.changedMessages).toBeGreaterThanOrEqual(1)
  expect(done.removed.rows).toMatchObject({ threads: 1, contacts: 1 })
  expect(done.remains.map(({ what }) => what)).toContainEqual(expect.stringContaining('Hashes'))
  const words = [userOf(person.jid), userOf(person.lid), 'zanzibar']
  const allowed = new Set(['vault_keys.id', 'app_state_records.record_index'])
  const left = () =>
    mentionsIn(join(stage.dataDir, 'backscroll.db'), words).filter(place => !allowed.has(place))
  expect(left()).toEqual([])
  expect((await stage.api.search(accountId, { q: 'zanzibar' })).hits).toEqual([])
  await expect(stage.api.exportedPerson(accountId, person.jid)).rejects.toThrow('person-unknown')

  // The phone sends everything once more to a new link.
  await stage.api.untilAccount(accountId, 'open', ({ state }) => state === 'open')
  await stage.api.command(accountId, 'logout')
  await stage.api.untilAccount(accountId, 'loggedOut', ({ state }) => state === 'loggedOut')
  await stage.api.pair(accountId)
  const { qr } = await stage.api.offer(accountId)
  await phone.scanQr(qr!)
  await stage.api.untilAccount(
    accountId,
    'the history',
    ({ coverage, state, sync }) =>
      state === 'open' && sync.chunksPending === 0 && sync.percent === 100 && coverage.partial === 0
  )
  expect((await stage.api.threads(accountId)).map(({ clientJid }) => clientJid)).not.toContain(person.jid)
  expect(left()).toEqual([])

  await phone.receive({ from: person, text: 'hello again' })
  const [again] = await stage.api.until('the new message', async () => {
    const threads = await stage.api.threads(accountId)
    const thread = threads.find(({ clientJid }) => [person.jid, person.lid].includes(clientJid))
    return thread === undefined ? undefined : stage.api.messages(thread.threadId)
  })
  expect(again).toMatchObject({ body: 'hello again' })
})
