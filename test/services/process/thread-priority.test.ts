import { getPriority } from 'node:os'
import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import { expect, test } from 'vitest'

const FILE = new URL('../../../src/services/process/thread-priority.ts', import.meta.url)

test.runIf(process.platform === 'linux')('a thread that gives way does so alone', async () => {
  const before = getPriority()
  const worker = new Worker(
    `import(${JSON.stringify(FILE.href)}).then(({ giveWayToMainThread }) => {
      giveWayToMainThread()
      require('node:worker_threads').parentPort.postMessage(require('node:os').getPriority())
    })`,
    { eval: true }
  )
  const [priority] = await once(worker, 'message')
  await worker.terminate()
  // A higher number is a lower priority.
  expect(priority).toBeGreaterThan(before)
  expect(getPriority()).toBe(before)
})
