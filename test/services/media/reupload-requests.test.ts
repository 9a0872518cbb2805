// What the phone answers about a file is about that file, and no loss if it has come in another way.
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Effect, Layer, Queue, Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import type { MediaFile } from '../../../src/domain/message.ts'
import { messageIdOf, threadIdOf } from '../../../src/domain/ids.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { Incidents } from '../../../src/services/incidents/incidents.ts'
import { MediaFiles } from '../../../src/services/media/files.ts'
import * as Folder from '../../../src/services/media/folder.ts'
import { Media } from '../../../src/services/media/media.ts'
import { AccountProxies } from '../../../src/services/whatsapp/proxy/account-proxies.ts'
import { type AccountMediaAnswer, WhatsApp } from '../../../src/services/whatsapp/whatsapp.ts'
import { ACCOUNT, ANN, apply, change, message, T0 } from '../conversations/facts.ts'
import { onDatabase } from '../database.ts'
import { ACCOUNT as RECORD } from '../outbox/account.ts'

/** A media server that has nothing any more. */
const server = createServer((_, response) => response.writeHead(404).end())
const folder = temporaryFolder()
beforeAll(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  server.close()
  folder.remove()
})

const hashOf = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('base64')

const picture = (name: string, fileSha256: string | null = null): MediaFile => ({
  mimeType: 'image/png',
  fileName: null,
  size: 10,
  duration: null,
  width: null,
  height: null,
  download: {
    directPath: `/v/${name}`,
    mediaKey: hashOf(name),
    fileSha256,
    fileEncSha256: hashOf(`enc ${name}`)
  }
})

interface Phone {
  /** WhatsApp's ids of the messages whose files it was asked for. */
  readonly asked: ReadonlyArray<string>
  /** It does not have the file; completes once that is known. */
  readonly hasNot: (whatsAppId: string) => Effect.Effect<void, unknown, SqlClient.SqlClient>
}

/** A phone that is asked for files, by a server that keeps its own in a folder. */
const makePhone = Effect.gen(function* () {
  const asked: Array<string> = []
  const answers = yield* Queue.unbounded<AccountMediaAnswer>()
  const phone: Phone = {
    asked,
    hasNot: Effect.fnUntraced(function* (whatsAppId) {
      const sql = yield* SqlClient.SqlClient
      yield* Queue.offer(answers, {
        accountId: ACCOUNT,
        answer: { whatsAppId, sealed: undefined, isGone: true }
      })
      const waiting = sql`SELECT 1 FROM media_fetches WHERE whatsapp_id = ${whatsAppId}`
      while ((yield* waiting).length > 0) yield* Effect.yieldNow
    })
  }
  const whatsapp = Layer.mock(WhatsApp, {
    mediaAnswers: Stream.fromQueue(answers),
    isConnected: () => Effect.succeed(true),
    askForMedia: (_, { whatsAppId }) => Effect.sync(() => void asked.push(whatsAppId))
  })
  return { phone, whatsapp }
})

const withPhone = <A, E>(
  program: (
    phone: Phone
  ) => Effect.Effect<
    A,
    E,
    | Incidents
    | Media
    | MediaFiles
    | MessageStore
    | SqlClient.SqlClient
    | Effect.Services<ReturnType<typeof apply>>
  >
) =>
  onDatabase(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      const { phone, whatsapp } = yield* makePhone
      yield* accounts.create(RECORD)
      const media = Media.layer({
        policy: 'all',
        recentMs: 0,
        keptMs: Infinity,
        largest: 1_000_000,
        waitMs: 1000,
        mediaBase: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
      }).pipe(
        Layer.provideMerge(Folder.layer(join(folder.path, randomBytes(8).toString('hex')))),
        Layer.provide([whatsapp, Layer.mock(AccountProxies, { addressOf: () => Effect.undefined })])
      )
      return yield* Effect.provide(program(phone), media)
    })
  )

const read = (whatsAppId: string) =>
  MessageStore.use(messages => messages.read(threadIdOf(ACCOUNT, ANN), messageIdOf('them', whatsAppId)))

/** Files are fetched, and the phone is asked for those that are gone. */
const pass = Media.use(media =>
  Effect.andThen(media.downloads.runOnce(ACCOUNT), media.requests.runOnce(ACCOUNT))
)

test('a file that has come with another message meanwhile is here, whatever the phone says', async () => {
  const found = await withPhone(phone =>
    Effect.gen(function* () {
      const content = randomBytes(100)
      const image = (name: string) => ({ type: 'image', body: null, media: picture(name, hashOf(content)) })
      yield* apply(message('OLD', image('old')))
      yield* pass
      expect(phone.asked).toEqual(['OLD'])
      yield* MediaFiles.use(files => files.write(Stream.make(new Uint8Array(content)), undefined))
      yield* apply(message('NEW', { ...image('new'), timestamp: T0 + 1 }))
      yield* pass
      yield* phone.hasNot('OLD')
      const all = yield* Effect.all([read('OLD'), read('NEW')])
      const incidents = yield* Incidents.use(({ list }) => list({ limit: 10 }))
      return { states: all.map(one => one?.media?.fetched?.state), incidents }
    })
  )
  expect(found).toEqual({ states: ['stored', 'stored'], incidents: [] })
})

test('what the phone says of the smaller file of a picture is not about the better one that came since', async () => {
  const found = await withPhone(phone =>
    Effect.gen(function* () {
      yield* apply(message('P', { type: 'image', body: null, media: picture('small') }))
      yield* pass
      expect(phone.asked).toEqual(['P'])
      const alone = { type: 'image', body: null, at: T0, association: { type: 'hdImage', whatsAppId: 'P' } }
      const file = { ...picture('better'), whatsAppId: 'H' }
      yield* apply(change('P', { to: 'attached', as: 'hd', file, alone }))
      yield* phone.hasNot('P')
      const media = (yield* read('P'))?.media
      return { better: media?.fetched, smaller: media?.variants.map(({ fetched }) => fetched?.state) }
    })
  )
  expect(found).toEqual({ better: null, smaller: ['gone'] })
})
