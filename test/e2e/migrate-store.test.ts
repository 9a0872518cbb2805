// npm run migrate-store: everything arrives on the other side, however often it is ended half-way, and is compared.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import { FirestoreReader } from '../../harness/firestore.ts'
import { InProcessServer } from '../../harness/in-process-server.ts'
import { migrateStore, temporaryFolder } from '../../harness/server-process.ts'
import { NOT_COPIED } from '../../src/services/firestore/migrate/not-copied.ts'
import { LocalFirestore } from '../firestore/server.ts'
import { backscrollOffline } from './backscroll.ts'
import { Stage } from './stage.ts'
import { thorough, thoroughTest } from '../thorough.ts'

/** A command that ends by itself, in the process of the test. */
const migrated = async (
  settings: Readonly<Record<string, string>>,
  { from, to }: { readonly from: string; readonly to: string }
) => {
  const args = ['migrate-store', '--json', '--from', from, '--to', to]
  const { code, stderr, stdout } = await backscrollOffline(args, settings)
  return { code, output: `${stdout}${stderr}`.trimEnd().split('\n') }
}

const reportOf = (output: ReadonlyArray<string>) =>
  JSON.parse(output.find(line => line.startsWith('{'))!) as {
    readonly counts: Record<string, { readonly sqlite: number; readonly firestore: number }>
    readonly equal: number
    readonly different: number
    readonly differing: Readonly<Record<string, Readonly<Record<string, number>>>>
    readonly missing: number
    readonly extra: number
  }

test('there, resumed after a kill, and back into an empty folder', { timeout: 180_000 }, async () => {
  const firestore = await LocalFirestore.start()
  await using reader = new FirestoreReader(firestore.host)
  await using stage = await Stage.setInProcess()
  const { accountId, phone } = await stage.linked({ history: { chats: 6, messages: 300, groupsShare: 0.4 } })
  const sent = await stage.api.send(accountId, phone.contacts[0]!.phoneNumber, 'With receipts')
  await stage.api.untilMessage(sent.threadId, sent.messageId, ({ status }) => status === 'read')
  const before = {
    threads: await stage.api.threads(accountId),
    message: await stage.api.message(sent.threadId, sent.messageId)
  }
  const settings = { ...FirestoreReader.settings(firestore.host), DATA_DIR: stage.dataDir }
  const there = { from: 'sqlite', to: 'firestore' }
  if (thorough(false, true)) {
    // A folder that a server runs on is left alone.
    const refused = await migrateStore(settings, there)
    expect(refused.code).toBe(1)
    expect(refused.output.join('\n')).toContain('Another Backscroll server')
  }
  await stage.server.stop()

  const killed = await migrateStore(settings, there, (line, kill) => {
    if (/^[1-9]\d* of \d+ documents/.test(line)) kill()
  })
  expect(killed.code).toBeNull()
  const written = firestore.documents.tally.writes
  expect(written).toBeGreaterThan(0)

  const finished = await migrated(settings, there)
  expect(finished).toMatchObject({ code: 0 })
  const report = reportOf(finished.output)
  const held = phone.truth().messages
  expect(report).toMatchObject({ different: 0, missing: 0 })
  expect(report.counts['messages']).toEqual({ sqlite: held.length, firestore: held.length })
  expect(finished.output.some(line => / a second, \d+ s left$/.test(line))).toBe(true)
  expect(await compare(reader, accountId, held)).toMatchObject({ missing: [], duplicates: [], different: [] })

  const { writes } = firestore.documents.tally
  if (thorough(false, true)) {
    expect(await migrated(settings, there)).toMatchObject({ code: 0 })
    expect(firestore.documents.tally.writes).toBe(writes)
  }

  const folder = temporaryFolder()
  const back = { from: 'firestore', to: 'sqlite' }
  const elsewhere = { ...settings, DATA_DIR: folder.path }
  const restored = await migrated(elsewhere, back)
  expect(restored).toMatchObject({ code: 0 })
  expect(reportOf(restored.output)).toMatchObject({ different: 0, missing: 0, extra: 0 })
  // What Firestore does not have is named at the end, as in the documentation.
  const documented = readFileSync(join(import.meta.dirname, '../../docs/firestore.md'), 'utf8')
  for (const { what, why } of NOT_COPIED) {
    expect(restored.output.join('\n')).toContain(`${what}: ${why}`)
    expect(documented).toContain(`| ${what} | ${why} |`)
  }
  const server = await InProcessServer.start({
    dataDir: folder.path,
    settings: { ...stage.settings, ...settings, DATA_DIR: folder.path }
  })
  expect(await compare(server.api, accountId, held)).toMatchObject({
    missing: [],
    duplicates: [],
    different: []
  })
  expect(await server.api.threads(accountId)).toEqual(before.threads)
  expect(await server.api.message(sent.threadId, sent.messageId)).toEqual(before.message)
  // What was equal is not written once more by the server that has it now.
  await server.api.untilPublished()
  expect(firestore.documents.tally.writes - writes).toBeLessThan(5)

  // The credentials are lost: the account is linked again, and goes on in the same threads.
  expect((await server.api.account(accountId)).state).toBe('loggedOut')
  await server.api.pair(accountId)
  await phone.scanQr((await server.api.offer(accountId)).qr!)
  await server.api.untilAccount(accountId, 'to be online again', ({ state }) => state === 'open')
  await phone.receive({ from: phone.contacts[0]!, text: 'After the loss' })
  await server.api.until('the message in Firestore', async () =>
    (await reader.messages(sent.threadId)).find(({ body }) => body === 'After the loss')
  )
  await server.stop()
  folder.remove()
  await firestore.stop()
})

thoroughTest('what only one side has is told, whatever hides it', async () => {
  const firestore = await LocalFirestore.start()
  await using reader = new FirestoreReader(firestore.host)
  await using stage = await Stage.set(FirestoreReader.settings(firestore.host))
  const { accountId } = await stage.linked({ history: { chats: 3, messages: 60 } })
  const other = await stage.linked({ history: { chats: 3, messages: 60 } })
  await stage.api.untilPublished()
  const [thread] = await stage.api.threads(accountId)
  const [otherThread] = await stage.api.threads(other.accountId)
  await stage.server.stop()
  const settings = { ...FirestoreReader.settings(firestore.host), DATA_DIR: stage.dataDir }

  // What a running server has published comes back as it was; the link to WhatsApp, which cannot, is no difference.
  const recovered = temporaryFolder()
  const whole = await migrated({ ...settings, DATA_DIR: recovered.path }, { from: 'firestore', to: 'sqlite' })
  expect({ code: whole.code, ...reportOf(whole.output) }).toMatchObject({
    code: 0,
    different: 0,
    differing: {}
  })
  recovered.remove()

  const messages = reader.database.collection(`threads/${thread!.threadId}/messages`)
  const one = (await messages.limit(1).get()).docs[0]!
  await messages.doc('extra_them').set({ ...one.data(), messageId: 'extra_them' })
  await reader.database.doc(`threads/${otherThread!.threadId}`).update({ label: 'kept' })
  const there = await migrated(settings, { from: 'sqlite', to: 'firestore' })
  expect({ code: there.code, ...reportOf(there.output) }).toMatchObject({ code: 1, missing: 0, extra: 1 })

  await reader.database.doc(`threads/${thread!.threadId}`).delete()
  const folder = temporaryFolder()
  const back = await migrated({ ...settings, DATA_DIR: folder.path }, { from: 'firestore', to: 'sqlite' })
  expect(back.code).toBe(1)
  expect(reportOf(back.output).missing).toBeGreaterThan(0)
  folder.remove()
  await firestore.stop()
})

test.each(
  thorough(
    [['sqlite', 'sqlite']],
    [
      ['sqlite', 'sqlite'],
      ['sqlite', '']
    ]
  )
)('from %s to "%s" is refused with how it is used', async (from, to) => {
  const { code, output } = await migrated({ DATA_DIR: '/nonexistent' }, { from, to })
  expect(code).toBe(2)
  expect(output.join('\n')).toContain('--from and --to')
})

test('without a project, or a key for it, it is refused before it begins', async () => {
  const folder = temporaryFolder()
  const settings = { DATA_DIR: folder.path }
  for (const more of [
    { ...settings, FIREBASE_PROJECT_ID: '' },
    { ...settings, FIREBASE_PROJECT_ID: 'demo-x', GOOGLE_APPLICATION_CREDENTIALS: '/nowhere/key.json' }
  ]) {
    const { code, output } = await migrated(more, { from: 'sqlite', to: 'firestore' })
    expect([code, output]).toEqual([
      1,
      [
        expect.stringMatching(
          /^The stores were not copied: .*Set FIREBASE_PROJECT_ID, and GOOGLE_APPLICATION_CREDENTIALS/
        )
      ]
    ])
  }
  folder.remove()
})
