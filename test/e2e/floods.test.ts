// One contact cannot hold up another: whatever a hostile contact makes WhatsApp deliver, somebody else's message is not behind it, and
// what it costs is bounded.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { FloodScenario } from '../../bench/flood-scenario.ts'
import type { Phone } from '../../simulator/phone.ts'
import { HOSTILE_ACTS, type HostileKind } from '../attack/hostile-traffic.ts'
import { thorough } from '../thorough.ts'
import { type AnyStage, sharedInProcessStage } from './stage.ts'

const UNREADABLE = thorough(100, 300)
const OF_EACH = thorough(12, 300)
const SMALL = { history: { chats: 2, messages: 4, groupsShare: 0 } }

const shared = sharedInProcessStage()

/** What the chat with somebody holds. */
const messagesWith = async (
  { api }: AnyStage,
  accountId: string,
  { jid, lid }: Phone['contacts'][number]
) => {
  const threads = await api.threads(accountId)
  const thread = threads.find(({ clientJid }) => clientJid === jid || clientJid === lid)
  return thread === undefined ? [] : api.messages(thread.threadId, 500)
}

const counted = async ({ api }: AnyStage, accountId: string) =>
  (await api.incidents(accountId)).map(({ count, kind }) => ({ kind, count }))

test(`${UNREADABLE} messages that nobody can read cost their sender only, and are one incident with a count`, async () => {
  const stage = shared()
  const { accountId, phone } = await stage.linked(SMALL)
  const [honest, hostile] = phone.contacts
  let retries = 0
  stage.simulator.events.on(({ name }) => {
    if (name === 'retry') retries += 1
  })
  await stage.api.command(accountId, 'disconnect')
  await stage.simulator.until(() => phone.devices.every(({ queue }) => !queue.connected))
  await phone.flood({ from: hostile!, count: UNREADABLE, unreadable: 'plaintext' })
  const { id } = await phone.receive({ from: honest!, text: 'hello' })
  await stage.api.command(accountId, 'connect')
  // Everything is sent at once, the honest message as the last.
  await stage.simulator.until(() => phone.offlineQueue().every(waiting => waiting.id !== id))
  expect(phone.offlineQueue().length).toBeGreaterThan(UNREADABLE / 3)

  await stage.simulator.until(() => phone.offlineQueue().length === 0, { timeoutMs: 60_000 })
  // The same would come again.
  expect(retries).toBe(0)
  await stage.synced(accountId, phone)
  await expect
    .poll(() => counted(stage, accountId), { timeout: 30_000 })
    .toEqual([{ kind: 'journal.unreadableEntry', count: UNREADABLE }])
  // Signal goes on behind them.
  await phone.receive({ from: hostile!, text: 'readable again' })
  await stage.synced(accountId, phone)
  const bodies = (await messagesWith(stage, accountId, hostile!)).map(({ body }) => body)
  expect(bodies).toContain('readable again')
  expect(bodies.some(body => body?.startsWith('flood') ?? false)).toBe(false)
})

/** They have tests of their own. */
const ELSEWHERE: ReadonlyArray<HostileKind> = ['malformedStanzas', 'hostileContent']

const isKind = (kind: string): kind is HostileKind => Object.hasOwn(HOSTILE_ACTS, kind)

test('floods of every other kind leave the account connected and everybody else’s messages complete', async () => {
  const stage = shared()
  const { accountId, phone } = await stage.linked(SMALL)
  const scenario = new FloodScenario(stage.simulator, phone)
  const { lastDisconnect } = await stage.api.account(accountId)
  const written: Array<string> = []
  const kinds = Object.keys(HOSTILE_ACTS).filter(isKind)
  for (const kind of kinds.filter(name => !ELSEWHERE.includes(name))) {
    const { behind, meanwhile } = await scenario.flood(kind, OF_EACH)
    written.push(...meanwhile.map(({ id }) => id), behind.id)
  }
  await stage.synced(accountId, phone)
  const stored = await messagesWith(stage, accountId, phone.contacts[0]!)
  expect(stored.map(({ whatsAppId }) => whatsAppId)).toEqual(expect.arrayContaining(written))
  expect(await stage.api.account(accountId)).toMatchObject({ tags: ['online'], lastDisconnect })

  // Keys of groups in which the account is not are not kept.
  using database = new DatabaseSync(join(stage.dataDir, 'backscroll.db'), { readOnly: true })
  const keys = database.prepare(
    `SELECT COUNT(*) AS n FROM vault_keys WHERE kind = 'sender-key' AND account_id = ?`
  )
  expect(keys.get(accountId)?.['n']).toBe(0)
  // Of receipts for messages that are not there, the newest wait.
  const waiting = database.prepare(`SELECT COUNT(*) AS n FROM waiting_changes WHERE account_id = ?`)
  expect(waiting.get(accountId)?.['n']).toBe(5000)

  const { from, group } = scenario.hostility
  // Every call is somebody's: each is there once.
  const calls = (await messagesWith(stage, accountId, from)).filter(({ type }) => type === 'call')
  expect(calls).toHaveLength(OF_EACH)
  const threads = await stage.api.threads(accountId)
  expect(threads.find(({ clientJid }) => clientJid === group.id)?.displayName).toBe(`Subject ${OF_EACH - 1}`)
  const incidents = await counted(stage, accountId)
  expect(new Set(incidents.map(({ kind }) => kind)).size).toBe(incidents.length)
  expect(incidents).toContainEqual({ kind: 'waiting.overLimit', count: expect.any(Number) })
  expect(incidents).toContainEqual({ kind: 'journal.unreadableEntry', count: OF_EACH })
}, 300_000)
