// FIREBASE_STORAGE_BUCKET: received files are in the bucket, whole, and nowhere else; the API reads them from there.
import { createHash, randomBytes } from 'node:crypto'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Message } from '../../src/domain/message.ts'
import { LocalStorage } from '../storage/server.ts'
import { type InProcessStage, Stage } from './stage.ts'

let storage: LocalStorage
let stage: InProcessStage
beforeAll(async () => {
  storage = await LocalStorage.start()
  stage = await Stage.setInProcess({
    FIREBASE_PROJECT_ID: 'demo-backscroll',
    FIREBASE_STORAGE_BUCKET: 'demo-backscroll.appspot.com',
    FIREBASE_STORAGE_EMULATOR_HOST: storage.host
  })
})
afterAll(async () => {
  await stage[Symbol.asyncDispose]()
  storage.stop()
})

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const inFolder = () => globSync('??/*', { cwd: join(stage.dataDir, 'media') })

const received = async (bytes: Buffer): Promise<Message> => {
  const { accountId, phone } = await stage.linked({
    history: { chats: 1, messages: 5, groupsShare: 0, mediaShare: 0 }
  })
  const message = stage.simulator.fileMessage({ kind: 'image', mimetype: 'image/png', bytes })
  const { id } = await phone.receive({ from: phone.contacts[0]!, message })
  return stage.api.until('the message', async () => {
    const [thread] = await stage.api.threads(accountId)
    const { messages } = await stage.api.messagePage(thread!.threadId, 'limit=20')
    return messages.find(({ whatsAppId }) => whatsAppId === id)
  })
}

test('a file that is asked for goes to the bucket, and is answered from there in whole and in part', async () => {
  const bytes = randomBytes(300_000)
  const message = await received(bytes)
  const first = await stage.api.media(message.messageKey)
  expect({ status: first.status, hash: hashOf(first.bytes) }).toEqual({ status: 200, hash: hashOf(bytes) })

  const object = storage.objects.get(`media/${hashOf(bytes)}`)
  expect(object?.content.equals(bytes)).toBe(true)
  expect(inFolder()).toEqual([])
  const part = await stage.api.media(message.messageKey, { range: 'bytes=1000-1999' })
  expect(part.status).toBe(206)
  expect(Buffer.from(part.bytes).equals(bytes.subarray(1000, 2000))).toBe(true)
})

test('a bucket that fails keeps nobody from asking again', async () => {
  const bytes = randomBytes(20_000)
  const message = await received(bytes)
  storage.failures = 9
  expect((await stage.api.media(message.messageKey)).status).toBeGreaterThanOrEqual(500)
  expect(storage.objects.has(`media/${hashOf(bytes)}`)).toBe(false)
  storage.failures = 0
  const again = await stage.api.until('the file', async () => {
    const answer = await stage.api.media(message.messageKey)
    return answer.status === 200 ? answer : undefined
  })
  expect(hashOf(again.bytes)).toBe(hashOf(bytes))
  expect(inFolder()).toEqual([])
})
