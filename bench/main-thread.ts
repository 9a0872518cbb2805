// What the main thread of a page does while something happens in it, in processor time: what else runs on the machine is not counted.
import type { Page } from 'playwright-core'
import { percentile, rounded } from './percentile.ts'

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Processor time of the thread, microseconds. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/** Each task of the event loop of a page. */
const TASK = 'RunTask'
const LONG_MS = 50
const FRAME_MS = 1000 / 60

export interface MainThread {
  readonly processorMs: number | null
  readonly p99TaskMs: number | null
  readonly longestTaskMs: number | null
  readonly tasksOverAFrame: number
  readonly tasksOver50Ms: number
}

const threadsOf = (events: ReadonlyArray<TraceEvent>): ReadonlySet<string> =>
  new Set(
    events
      .filter(({ args, name }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`)
  )

const figuresOf = (events: ReadonlyArray<TraceEvent>): MainThread => {
  const threads = threadsOf(events)
  const tasks = events
    .filter(({ name, pid, tid }) => name === TASK && threads.has(`${pid} ${tid}`))
    .map(({ tdur = 0 }) => tdur / 1000)
    .toSorted((a, b) => a - b)
  return {
    processorMs: rounded(
      tasks.reduce((sum, ms) => sum + ms, 0),
      0
    ),
    p99TaskMs: rounded(percentile(tasks, 0.99), 1),
    longestTaskMs: rounded(tasks.at(-1) ?? null, 1),
    tasksOverAFrame: tasks.filter(ms => ms > FRAME_MS).length,
    tasksOver50Ms: tasks.filter(ms => ms > LONG_MS).length
  }
}

/** Does it, and tells what the page's main thread did meanwhile. */
export const observed = async <A>(
  page: Page,
  work: () => Promise<A>
): Promise<{ readonly result: A; readonly mainThread: MainThread }> => {
  const browser = page.context().browser()
  if (browser === null) throw new Error('The page has no browser that could be observed')
  await browser.startTracing(page, { categories: ['-*', 'disabled-by-default-devtools.timeline'] })
  try {
    const result = await work()
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- As Chromium writes it.
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
      readonly traceEvents: ReadonlyArray<TraceEvent>
    }
    return { result, mainThread: figuresOf(traceEvents) }
  } catch (error) {
    await browser.stopTracing().catch(() => undefined)
    throw error
  }
}
