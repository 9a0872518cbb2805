// History chunks as a phone uploads them, read from the media server: large ones in a thread, small ones at once.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { deflateSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import { Cause, Effect, Exit, Layer, Logger, ManagedRuntime } from 'effect'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openHttpProxy } from '../../../../harness/proxies.ts'
import { temporaryFolder } from '../../../../harness/server-process.ts'
import { openPrepared } from '../../../../simulator/protocol/history/prepared.ts'
import type { PreparedChunk } from '../../../../simulator/state/history/plan.ts'
import { Simulator } from '../../../../simulator/simulator.ts'
import type { Fact } from '../../../../src/domain/fact.ts'
import { withBytesField } from '../../../../src/domain/protobuf.ts'
import { AccountProxies } from '../../../../src/services/whatsapp/proxy/account-proxies.ts'
import { ChunkReader } from '../../../../src/services/whatsapp/chunk/reader.ts'

const SELF = { jid: '4915550000000@s.whatsapp.net' }
const ACCOUNT = { accountId: 'one', self: SELF }
const DIRECTLY = Layer.mock(AccountProxies, { addressOf: () => Effect.undefined })
const folder = temporaryFolder()
let simulator: Simulator
let chunk: PreparedChunk
let reader: ManagedRuntime.ManagedRuntime<ChunkReader, never>

beforeAll(async () => {
  simulator = await Simulator.make({ seed: 5 })
  const phone = simulator.createPhone({
    history: { chats: 4, messages: 3000, bootstrapPerChat: 0, recentShare: 0, inlineBelowBytes: 0 }
  })
  chunk = phone.prepareHistory(folder.path).toSorted((a, b) => b.messages - a.messages)[0]!
  reader = ManagedRuntime.make(
    ChunkReader.layer({ mediaBase: new URL(simulator.mediaUrl), keepStatuses: false }).pipe(
      Layer.provide(DIRECTLY)
    )
  )
})

afterAll(async () => {
  await reader?.dispose()
  await simulator?.stop()
  folder.remove()
})

const read = (notice: proto.Message.IHistorySyncNotification) =>
  reader.runPromiseExit(
    ChunkReader.use(({ read: readChunk }) =>
      readChunk(ACCOUNT, proto.Message.HistorySyncNotification.encode(notice).finish(), 0)
    )
  )

/** What a chunk says, or the tag of the error. */
const said = async (notice: proto.Message.IHistorySyncNotification) => {
  const exit = await read(notice)
  if (Exit.isFailure(exit))
    return Cause.squash(exit.cause) as { readonly _tag: string; readonly reason: string }
  const facts: ReadonlyArray<Fact> = exit.value.conversations.flatMap(conversation => [...conversation.facts])
  return {
    people: exit.value.people,
    messages: facts.flatMap(fact =>
      fact.kind === 'message' ? [{ ...fact, raw: fact.raw && Buffer.from(fact.raw).toString('base64') }] : []
    ),
    // Asked for once more, it says the same.
    again: exit.value.conversations.flatMap(conversation => [...conversation.facts]).length === facts.length
  }
}

test('a large chunk says in a thread what it says here', async () => {
  expect(chunk.fileLength).toBeGreaterThan(64 * 1024)
  const { fileEncSha256, fileLength, fileSha256, ...place } = chunk
  const large = await said({ ...place, fileEncSha256, fileLength, fileSha256 })
  expect(large).toMatchObject({ again: true })
  expect('messages' in large && large.messages.length).toBeGreaterThan(2500)
  // A phone that does not tell the size has it read as a small one; so has one that sends it within the announcement.
  expect(await said({ ...place, fileEncSha256, fileSha256 })).toEqual(large)
  expect(await said({ initialHistBootstrapInlinePayload: openPrepared(chunk) })).toEqual(large)
})

test.each(['in a thread', 'here'])('what is wrong with a chunk is told, read %s', async where => {
  const { fileLength, ...announced } = chunk
  const notice = where === 'here' ? announced : { ...announced, fileLength }
  const wrong = Buffer.from(chunk.fileSha256).fill(1)
  expect(await said({ ...notice, fileSha256: wrong })).toMatchObject({
    _tag: 'ChunkCorrupt',
    reason: 'the decrypted file is not the announced one'
  })
  expect(await said({ ...notice, mediaKey: Buffer.alloc(32, 1) })).toMatchObject({
    _tag: 'ChunkCorrupt',
    reason: 'the chunk fails its authentication code'
  })
  expect(await said({ ...notice, directPath: '/v/t62.hist/gone.enc' })).toMatchObject({
    _tag: 'ChunkCorrupt'
  })
  expect(await said({ ...notice, directPath: '//elsewhere.example/x' })).toMatchObject({
    _tag: 'ChunkCorrupt',
    reason: 'the notification names no file'
  })
})

test('a chunk with a message that cannot be decoded is corrupt, read here and in a thread', async () => {
  // There is no type of field like that.
  const message = withBytesField(new Uint8Array(), 2, Buffer.from('0f', 'hex'))
  const conversation = withBytesField(
    proto.Conversation.encode({ id: '77@lid' }).finish(),
    2,
    withBytesField(new Uint8Array(), 1, message)
  )
  const damaged = withBytesField(
    proto.HistorySync.encode({ syncType: 2, chunkOrder: 1 }).finish(),
    2,
    conversation
  )
  const noise = withBytesField(damaged, 1000, randomBytes(70 * 1024))
  for (const inflated of [damaged, noise])
    expect(await said({ initialHistBootstrapInlinePayload: deflateSync(inflated) })).toMatchObject({
      _tag: 'ChunkCorrupt',
      reason: expect.stringContaining('cannot be decoded')
    })
})

test('a media server that is away is no fault of the chunk', async () => {
  const away = ManagedRuntime.make(
    ChunkReader.layer({ mediaBase: new URL('http://127.0.0.1:9'), keepStatuses: false }).pipe(
      Layer.provide(DIRECTLY)
    )
  )
  try {
    for (const fileLength of [chunk.fileLength, 1]) {
      const notice = proto.Message.HistorySyncNotification.encode({ ...chunk, fileLength }).finish()
      const exit = await away.runPromiseExit(
        ChunkReader.use(({ read: readChunk }) => readChunk(ACCOUNT, notice, 0))
      )
      expect(Exit.isFailure(exit) && Cause.squash(exit.cause)).toMatchObject({ _tag: 'ChunkUnavailable' })
    }
  } finally {
    await away.dispose()
  }
})

test('a thread that cannot be started is no fault of the chunk, and small chunks are read without it', async () => {
  const threadless = ManagedRuntime.make(
    ChunkReader.layer({
      mediaBase: new URL(simulator.mediaUrl),
      keepStatuses: false,
      threadFile: pathToFileURL(join(folder.path, 'missing.js'))
    }).pipe(Layer.provide(DIRECTLY), Layer.provideMerge(Logger.layer([])))
  )
  const readOf = (fileLength: number) => {
    const notice = proto.Message.HistorySyncNotification.encode({ ...chunk, fileLength }).finish()
    return ChunkReader.use(({ read: readChunk }) => readChunk(ACCOUNT, notice, 0))
  }
  try {
    const errors = await threadless.runPromise(
      Effect.all([Effect.flip(readOf(chunk.fileLength)), Effect.flip(readOf(chunk.fileLength))], {
        concurrency: 'unbounded'
      })
    )
    for (const error of errors)
      expect(error).toMatchObject({
        _tag: 'ChunkUnavailable',
        reason: expect.stringContaining('reading it was cut off: Cannot find module')
      })
    expect((await threadless.runPromise(readOf(1))).conversations.length).toBeGreaterThan(0)
  } finally {
    await threadless.dispose()
  }
})

test('an account with a proxy reads its chunks through it, here and in the thread', async () => {
  await using proxy = await openHttpProxy()
  const through = ManagedRuntime.make(
    ChunkReader.layer({ mediaBase: new URL(simulator.mediaUrl), keepStatuses: false }).pipe(
      Layer.provide(Layer.mock(AccountProxies, { addressOf: () => Effect.succeed(proxy.url()) }))
    )
  )
  try {
    for (const fileLength of [chunk.fileLength, 1]) {
      const notice = proto.Message.HistorySyncNotification.encode({ ...chunk, fileLength }).finish()
      const readOnce = ChunkReader.use(({ read: readChunk }) => readChunk(ACCOUNT, notice, 0))
      const before = proxy.tunnels.length
      await through.runPromise(readOnce)
      expect(proxy.tunnels.length).toBe(before + 1)
      proxy.refuses = true
      const exit = await through.runPromiseExit(readOnce)
      expect(Exit.isFailure(exit) && Cause.squash(exit.cause)).toMatchObject({
        _tag: 'ChunkUnavailable',
        reason: expect.stringContaining('The proxy does not connect (HTTP status 502)')
      })
      proxy.refuses = false
    }
  } finally {
    await through.dispose()
  }
})
