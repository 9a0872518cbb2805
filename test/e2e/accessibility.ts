// What axe finds on a page.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

/** What is read of axe's findings. */
interface Axe {
  readonly violations: ReadonlyArray<{
    readonly id: string
    readonly nodes: ReadonlyArray<{ readonly html: string }>
  }>
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The colours of the scheme before are not on their way to those of this one any more, and what opens is open. What moves for ever is not waited for. */
const SETTLED = `(async () => {
  const moving = () => document.getAnimations()
    .filter(one => one.playState === 'running' && one.effect.getComputedTiming().endTime !== Infinity)
  do {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
    await Promise.all(moving().map(one => one.finished.catch(() => undefined)))
  } while (moving().length > 0)
})()`

/** What is not accessible on the page, or within one of its elements, with where it is. */
export const findingsOf = async (
  page: Page,
  screen: string,
  within = ':root'
): Promise<ReadonlyArray<object>> => {
  await page.evaluate(SETTLED)
  if (!(await page.evaluate<boolean>(`'axe' in window`))) await page.evaluate(AXE)
  const { violations } = await page.evaluate<Axe>(
    `axe.run(${JSON.stringify(within)}, { resultTypes: ['violations'] })`
  )
  return violations.map(({ id, nodes }) => ({
    screen,
    id,
    at: nodes.map(({ html }) => html.slice(0, 160))
  }))
}
