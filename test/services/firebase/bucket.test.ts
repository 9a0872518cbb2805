// Files in a bucket: one is there once all of it is, or other messages with the same content would say that they have it.
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Layer, ManagedRuntime, Stream } from 'effect'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { FirebaseApp } from '../../../src/services/firebase/app.ts'
import * as Bucket from '../../../src/services/firebase/bucket.ts'
import { MediaFiles } from '../../../src/services/media/files.ts'
import * as Folder from '../../../src/services/media/folder.ts'
import { LocalStorage } from '../../storage/server.ts'

const makeWorld = async () => {
  const storage = await LocalStorage.start()
  const folder = temporaryFolder()
  const runtime = ManagedRuntime.make(
    Bucket.layer('demo.appspot.com').pipe(
      Layer.provide(FirebaseApp.layer({ projectId: 'demo-bucket', storageEmulator: storage.host })),
      Layer.provide(Folder.layer(join(folder.path, 'media')))
    )
  )
  return {
    storage,
    run: runtime.runPromise.bind(runtime),
    close: async () => {
      await runtime.dispose()
      storage.stop()
      folder.remove()
    }
  }
}

let world: Awaited<ReturnType<typeof makeWorld>>
beforeAll(async () => {
  world = await makeWorld()
})
afterAll(() => world.close())

const sizeOf = (hash: string) => world.run(MediaFiles.use(files => files.size(hash)))

test('a file is not there while it is uploaded', async () => {
  const bytes = randomBytes(100_000)
  const hash = createHash('sha256').update(bytes).digest('hex')
  const seen: Array<number | undefined> = []
  world.storage.beforeUpload = async () => void seen.push(await sizeOf(hash))
  await world.run(MediaFiles.use(files => files.write(Stream.make(bytes), hash)))
  expect(seen).toEqual([undefined])
  expect(await sizeOf(hash)).toBe(bytes.length)
})
