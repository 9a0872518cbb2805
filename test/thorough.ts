// How much of what is repeated: `npm test` shows each promise once or a few times, `npm run chaos:tests` as often as it takes to
// find what happens seldom.
import { test } from 'vitest'

const isThorough = process.env['THOROUGH_TESTS'] === '1'

/** The first in `npm test`, the second in `npm run chaos:tests`. */
export const thorough = <A>(short: A, full: A): A => (isThorough ? full : short)

/** A test of `npm run chaos:tests` alone: what it shows is shown in less time, if less often, by another one of `npm test`. */
export const thoroughTest = (title: string, body: () => Promise<void>, timeoutMs?: number): void => {
  if (isThorough) test(title, body, timeoutMs)
}
