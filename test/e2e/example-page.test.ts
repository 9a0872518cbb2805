// examples/firestore-web in a real browser with Google's own web client, held to firestore.rules: threads live, and sending.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { serveExamplePage } from '../../harness/example-page.ts'
import { FirestoreReader } from '../../harness/firestore.ts'
import { deployedIndexes } from '../firestore/deployed-indexes.ts'
import { LocalFirestore } from '../firestore/server.ts'
import { hasBrowser, OVERRIDES, sharedBrowser, sidesOf } from './browser.ts'
import { once } from './shared.ts'
import { type InProcessStage, Stage } from './stage.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const EXAMPLE = join(ROOT, 'examples', 'firestore-web', 'index.html')

let firestore: LocalFirestore
let stage: InProcessStage
beforeAll(async () => {
  firestore = await LocalFirestore.start({
    indexes: deployedIndexes,
    rules: readFileSync(join(ROOT, 'firestore.rules'), 'utf8')
  })
  stage = await Stage.setInProcess(FirestoreReader.settings(firestore.host))
})
afterAll(async () => {
  await stage[Symbol.asyncDispose]()
  await firestore.stop()
})

const opened = sharedBrowser()
const someAccount = once(async () => {
  const linked = await stage.linked({ history: { chats: 6, messages: 60, groupsShare: 0.3 } })
  await stage.api.untilPublished()
  return linked
})

const open = async (account: string, claims: object) => {
  const { errors, page } = await opened()
  const example = await serveExamplePage(await firestore.openToBrowsers(), { account, claims })
  onTestFinished(example.stop)
  await page.goto(example.url)
  return { errors, page }
}

test.skipIf(!hasBrowser)('lists conversations live, shows one, and sends through the outbox', async () => {
  const { accountId, phone } = await someAccount()
  const { errors, page } = await open(accountId, { backscroll: { role: 'agent', accounts: [accountId] } })
  const threads = page.locator('#threads li')
  await threads.nth(5).waitFor()
  expect(await threads.count()).toBe(6)

  const contact = phone.contacts[0]!
  await phone.nameContact(contact, OVERRIDES)
  await phone.receive({ from: contact, text: 'Seen at once?' })
  await threads.first().getByText('Seen at once?').waitFor()
  await threads.first().getByText('gnp.exe').waitFor()
  expect(await sidesOf(page, '#threads bdi')).toEqual({ before: true, after: true })
  await threads.first().getByRole('button').click()
  await page.locator('#messages').getByText('Seen at once?').waitFor()

  await page.locator('input[name=text]').fill('Yes, from the page')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('#state').getByText('sent').waitFor()
  await page.locator('#messages .outbound').getByText('Yes, from the page').waitFor()
  await page.locator('#messages .outbound small').getByText('read').last().waitFor()
  expect(phone.truth().received.filter(({ text }) => text === 'Yes, from the page')).toMatchObject([
    { times: 1 }
  ])
  expect(errors).toEqual([])
})

test.skipIf(!hasBrowser)('shows nothing of an account that is not granted, and says why', async () => {
  const { accountId } = await someAccount()
  const { page } = await open(accountId, { backscroll: { role: 'agent', accounts: ['acc-other'] } })
  await page.locator('#state').getByText('permissions').waitFor()
  expect(await page.locator('#threads li').count()).toBe(0)
})

test.skipIf(!hasBrowser)('while Firestore is away, the console says how much waits for it', async () => {
  const { accountId, phone } = await someAccount()
  await stage.api.untilPublished()
  await firestore.interrupt()
  await phone.receive({ from: phone.contacts[0]!, text: 'While away' })
  await stage.synced(accountId, phone)
  const { page } = await opened()
  await page.goto(`${stage.server.url}/#/activity/store`)
  await page.getByLabel('Your key').fill(stage.server.key)
  await page.keyboard.press('Enter')
  await page.getByText('From Firestore, and from this server.').waitFor()
  const waiting = page.locator('.pairs div', { hasText: 'Documents that wait to be written' })
  await waiting.getByText(/^[1-9]\d* · /).waitFor()
  await firestore.listen()
  await stage.api.untilPublished()
})

test('is sixty lines', () => {
  const lines = readFileSync(EXAMPLE, 'utf8').trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(60)
})
