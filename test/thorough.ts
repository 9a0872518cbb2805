// How much of what is repeated: `npm test` shows each promise once or a few times, `npm run chaos:tests` as often as it takes to
// find what happens seldom.
const isThorough = process.env['THOROUGH_TESTS'] === '1'

/** The first in `npm test`, the second in `npm run chaos:tests`. */
export const thorough = <A>(short: A, full: A): A => (isThorough ? full : short)
