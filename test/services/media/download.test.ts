// One file from the media host (the simulator's) into the folder: whole and right, or not at all.
import { randomBytes } from 'node:crypto'
import { globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Effect, Layer } from 'effect'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { Simulator } from '../../../simulator/simulator.ts'
import type { FileOptions } from '../../../simulator/state/media/file-message.ts'
import { makeDownload, type MediaSource, partialNameOf } from '../../../src/services/media/download.ts'
import * as Folder from '../../../src/services/media/folder.ts'

const folder = temporaryFolder()
const root = join(folder.path, 'media')
let simulator: Simulator
beforeAll(async () => {
  simulator = await Simulator.make()
})
afterAll(async () => {
  await simulator.stop()
  folder.remove()
})

const MOST = 1_000_000

const download = (source: MediaSource, mediaBase = simulator.mediaUrl) =>
  makeDownload({ mediaBase: new URL(mediaBase), largest: MOST, proxyOf: () => Effect.undefined }).pipe(
    Effect.flatMap(fetch => fetch(source)),
    Effect.provide(Layer.fresh(Folder.layer(root)))
  )

const fetched = (source: MediaSource, mediaBase?: string) => Effect.runPromise(download(source, mediaBase))
const refused = (source: MediaSource, mediaBase?: string) =>
  Effect.runPromise(Effect.flip(download(source, mediaBase)))

const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64')

/** A file on the media host, and what its message says about it. */
const offered = (options: Partial<FileOptions> = {}, extra: Partial<MediaSource> = {}) => {
  const bytes = options.bytes ?? randomBytes(100_000)
  const message = simulator.fileMessage({ kind: 'image', bytes, ...options })
  const file = message.imageMessage ?? message.documentMessage ?? message.audioMessage
  const source: MediaSource = {
    accountId: 'one',
    messageType: 'image',
    mimeType: 'image/png',
    directPath: file!.directPath!,
    mediaKey: base64(file!.mediaKey),
    fileSha256: base64(file!.fileSha256),
    fileEncSha256: base64(file!.fileEncSha256),
    ...extra
  }
  return { bytes, source }
}

/** The ranges that were asked for meanwhile. */
const ranges = async (work: () => Promise<unknown>) => {
  const asked: Array<unknown> = []
  const off = simulator.events.on(({ detail, name }) => name === 'download' && asked.push(detail['range']))
  await work()
  off()
  return asked
}

const unfinished = () => globSync('unfinished/*', { cwd: root })

test('a file is kept under its hash, readable by its owner only', async () => {
  const { bytes, source } = offered()
  const { file, size } = await fetched(source)
  expect([file, size]).toEqual([Buffer.from(source.fileSha256!, 'base64').toString('hex'), bytes.length])
  const path = join(root, file.slice(0, 2), file)
  expect(readFileSync(path).equals(bytes)).toBe(true)
  expect([statSync(path).mode & 0o777, statSync(root).mode & 0o777]).toEqual([0o600, 0o700])
  expect(unfinished()).toEqual([])
})

test.each([0, 1, 15, 16, 17])('a file of %d bytes is whole', async size => {
  const { bytes, source } = offered({ bytes: randomBytes(size) })
  expect(await fetched(source)).toMatchObject({ size: bytes.length })
})

test('without hashes in the message the authentication code decides', async () => {
  const { bytes, source } = offered({}, { fileSha256: null, fileEncSha256: null })
  expect(await fetched(source)).toMatchObject({ size: bytes.length })
})

test('a file that has a key and is not encrypted is whole, or refused', async () => {
  const plain = (hash?: string) => {
    const { bytes, source } = offered(
      {},
      { fileEncSha256: null, ...(hash === undefined ? {} : { fileSha256: hash }) }
    )
    const directPath = `/v/plain/${randomBytes(8).toString('hex')}`
    simulator.network.media.upload(directPath, Buffer.from(bytes))
    return { bytes, source: { ...source, directPath } }
  }
  const { bytes, source } = plain()
  expect(await fetched(source)).toMatchObject({ size: bytes.length })
  expect(await refused(plain(base64(randomBytes(32))).source)).toMatchObject({ _tag: 'MediaCorrupt' })
  expect(await refused({ ...plain().source, fileEncSha256: base64(randomBytes(32)) })).toMatchObject({
    _tag: 'MediaCorrupt'
  })
})

test('a picture that came with another kind of message is read with the keys of a picture', async () => {
  const { source } = offered({}, { messageType: 'document', mimeType: 'application/x-unknown' })
  await fetched(source)
  const { source: sound } = offered({ kind: 'audio' }, { messageType: 'payment', mimeType: null })
  await fetched(sound)
})

/** Where transfers began; what was in flight when one was cut is lost. */
const starts = (asked: ReadonlyArray<unknown>) =>
  asked.map(range => Number(/^bytes=(\d+)-$/.exec(String(range))?.[1] ?? 0))

test('a transfer that is cut again and again is continued each time', async () => {
  const { source } = offered({ bytes: randomBytes(MOST) })
  simulator.fault({ kind: 'media', effect: 'cut', afterBytes: 300_000 }, { times: 3 })
  const [first, second, third, fourth] = starts(await ranges(() => fetched(source)))
  expect(first).toBe(0)
  expect(second).toBeGreaterThan(100_000)
  expect(third).toBeGreaterThan(second! + 100_000)
  expect(fourth).toBeGreaterThan(third! + 100_000)
})

test('a media server that is away for long is told as such, and what has come stays', async () => {
  const { source } = offered({ bytes: randomBytes(MOST) })
  simulator.fault({ kind: 'media', effect: 'cut', afterBytes: 500_000 }, { times: 1 })
  simulator.fault({ kind: 'media', effect: 'unavailable' }, { times: 3 })
  expect(await refused(source)).toMatchObject({
    _tag: 'MediaUnavailable',
    reason: expect.stringContaining('503')
  })
  const [part] = unfinished()
  const have = statSync(join(root, part!)).size
  expect(have).toBeGreaterThan(300_000)
  expect(await ranges(() => fetched(source))).toEqual([`bytes=${have}-`])
  expect(unfinished()).toEqual([])
  expect(await refused(offered().source, 'http://127.0.0.1:1')).toMatchObject({ _tag: 'MediaUnavailable' })
})

test('what is complete on disk is not fetched again', async () => {
  const { bytes, source } = offered()
  const name = partialNameOf(source)
  const encrypted = simulator.network.media.get(source.directPath)!
  mkdirSync(join(root, 'unfinished'), { recursive: true })
  writeFileSync(join(root, 'unfinished', `${name}.enc.part`), encrypted)
  expect(await ranges(() => fetched(source))).toEqual([`bytes=${encrypted.length}-`])
  expect(await fetched(source)).toMatchObject({ size: bytes.length })
})

test('what is on disk from another file is noticed and dropped', async () => {
  const { bytes, source } = offered()
  mkdirSync(join(root, 'unfinished'), { recursive: true })
  writeFileSync(join(root, 'unfinished', `${partialNameOf(source)}.enc.part`), randomBytes(500_000))
  expect(await fetched(source)).toMatchObject({ size: bytes.length })
})

test('damaged bytes are fetched once more, then refused, and nothing of them is left', async () => {
  const { source } = offered()
  const damage = simulator.fault({ kind: 'media', effect: 'corrupt', path: source.directPath }, { times: 2 })
  expect(await refused(source)).toMatchObject({ _tag: 'MediaCorrupt' })
  damage.clear()
  expect(unfinished()).toEqual([])
  await fetched(source)
})

test.each([
  ['another content', { fileSha256: base64(randomBytes(32)) }],
  ['another upload', { fileEncSha256: base64(randomBytes(32)) }],
  ['another key', { mediaKey: base64(randomBytes(32)) }]
])('a file that the message names with the hash of %s is refused', async (_, wrong) => {
  const { source } = offered({}, wrong)
  const before = globSync('??/*', { cwd: root }).length
  expect(await refused(source)).toMatchObject({ _tag: 'MediaCorrupt' })
  expect(globSync('??/*', { cwd: root })).toHaveLength(before)
  expect(unfinished()).toEqual([])
})

test('what the media host no longer has is expired', async () => {
  const { source } = offered({}, { directPath: '/v/nothing-here.enc' })
  expect(await refused(source)).toMatchObject({ _tag: 'MediaExpired' })
})

test.each(['//evil.example/x', '/\\evil.example/x', 'https://evil.example/x', '', 'x'])(
  'a path that leads elsewhere (%j) is not followed',
  async directPath => {
    const { source } = offered({}, { directPath })
    expect(await refused(source)).toMatchObject({ _tag: 'MediaExpired' })
  }
)

test('what is larger than allowed is not transferred', async () => {
  const { source } = offered({ bytes: Buffer.alloc(MOST + 16) })
  expect(await refused(source)).toMatchObject({ _tag: 'MediaTooLarge' })
  expect(unfinished()).toEqual([])
  expect(await fetched(offered({ bytes: Buffer.alloc(MOST) }).source)).toMatchObject({ size: MOST })
})
