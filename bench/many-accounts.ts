// What benchmarks of many accounts have in common: linking them, waiting until all are online, and the delay of the event loop.
import { setTimeout as pause } from 'node:timers/promises'
import { linkAccount } from '../harness/simulated.ts'
import type { ServerProcess } from '../harness/server-process.ts'

const DEADLINE_MS = 15 * 60_000
const LOOK_EVERY_MS = 100
/** Linked at the same time. */
const AT_ONCE = 8

/** Runs the work for each number below `count`, so many at a time. */
export const forEach = async (
  count: number,
  work: (number: number) => Promise<unknown>,
  atOnce = AT_ONCE
): Promise<void> => {
  let next = 0
  const one = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, one))
}

const TELL_EVERY = 50

/** Tells how many are done, now and then. */
export const progress = (count: number, say: (text: string) => void): (() => void) => {
  const began = performance.now()
  let done = 0
  return () => {
    done += 1
    if (done % TELL_EVERY !== 0 && done !== count) return
    say(`  ${done} of ${count} after ${Math.round((performance.now() - began) / 1000)} s`)
  }
}

/** Links so many accounts to phones of their own; answers their ids. `onLinked` is called for each. */
export const linkAll = async (
  { api }: ServerProcess,
  count: number,
  scan: (qr: string) => Promise<unknown>,
  onLinked: () => void = () => undefined
): Promise<ReadonlyArray<string>> => {
  const accountIds: Array<string> = []
  await forEach(count, async number => {
    // A server that is busy ends connections that seem idle to it: the account is made once more.
    const link = () => linkAccount(api, `Account ${number + 1}`, scan)
    accountIds.push(await link().catch(link))
    onLinked()
  })
  return accountIds
}

/** The standards of the server: the harness is in a hurry. */
export const STANDARDS = { RECONNECT_MIN: '1s', RECONNECT_MAX: '2m', BACKFILL_DELAY: '5s' } as const

/** The server's metrics by name and labels. */
export const metrics = async (server: ServerProcess): Promise<(name: string) => number> => {
  const { body } = await server.api.request<string>('GET', '/metrics')
  const lines = body.split('\n')
  return name =>
    Number(
      lines
        .find(text => text.startsWith(`${name} `))
        ?.split(' ')
        .at(-1) ?? 0
    )
}

/** Looks again and again; `onLook` gets the metrics of each time. What the server measures since the last look is in one of them only. */
export const untilOnline = async (
  server: ServerProcess,
  count: number,
  onLook: (metric: (name: string) => number) => void = () => undefined
): Promise<void> => {
  const deadline = Date.now() + DEADLINE_MS
  while (Date.now() < deadline) {
    const metric = await metrics(server)
    onLook(metric)
    const online = ['open', 'backfilling'].reduce(
      (sum, state) => sum + metric(`backscroll_accounts{state="${state}"}`),
      0
    )
    if (online >= count) return
    await pause(LOOK_EVERY_MS)
  }
  throw new Error(`Not all of ${count} accounts came online within a quarter of an hour`)
}

export const DELAY = (quantile: string): string =>
  `backscroll_event_loop_delay_seconds{quantile="${quantile}"}`

/** The event loop's delays in one scrape after another, until the returned function is called; milliseconds. */
export const watchDelay = (server: ServerProcess) => {
  let isWatching = true
  const scrapes: Array<{ p99: number; max: number }> = []
  const watching = (async () => {
    while (isWatching) {
      const metric = await metrics(server)
      scrapes.push({ p99: metric(DELAY('0.99')) * 1000, max: metric(DELAY('1')) * 1000 })
      await pause(1000)
    }
  })()
  return async () => {
    isWatching = false
    await watching
    const sorted = scrapes.map(({ p99 }) => p99).toSorted((a, b) => a - b)
    return {
      p99Median: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
      p99Worst: Math.round(sorted.at(-1) ?? 0),
      max: Math.round(Math.max(...scrapes.map(({ max }) => max)))
    }
  }
}
