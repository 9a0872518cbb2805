// Names of variables that are no setting, but look as if one was meant.

import { distance } from '../domain/spelling.ts'

const MOST_DIFFERENT = 2
/** Names of few letters differ in two from many words. */
const letters = (name: string): number => Math.min(MOST_DIFFERENT, Math.floor(name.length / 4))

/** As `distance`, or `Infinity` where their lengths alone are too far from each other: the environment has many variables. */
const offBy = (name: string, setting: string): number =>
  Math.abs(name.length - setting.length) > letters(setting) ? Infinity : distance(name, setting)

/** `BACKFILL_COUNT` for `WHATSAPP_BACKFILL_COUNT`, `BACKSCROLL_PORT` for `PORT`. */
const isPart = (name: string, setting: string): boolean =>
  setting.endsWith(`_${name}`) || name === `BACKSCROLL_${setting}`

/** The setting that was probably meant; `undefined` when the name is one, or looks like none. */
export const settingMeantBy = (name: string, settings: ReadonlyArray<string>): string | undefined => {
  if (settings.includes(name)) return undefined
  const upper = name.toUpperCase()
  const [nearest] = settings
    .map(setting => ({ setting, off: isPart(upper, setting) ? 0 : offBy(upper, setting) }))
    .filter(({ off, setting }) => off <= letters(setting))
    .toSorted((a, b) => a.off - b.off)
  return nearest?.setting
}

/** Short ones and those of the shell are in many environments, and nobody wrote them for this server. */
const SHORTEST_IN_ENVIRONMENT = 6

export interface Misspelt {
  readonly name: string
  readonly meant: string
  readonly isInFile: boolean
}

/** In the file for this server every name counts, in the environment those that are long enough to be no accident. */
export const misspeltSettings = (
  names: { readonly file: ReadonlyArray<string>; readonly environment: ReadonlyArray<string> },
  settings: ReadonlyArray<string>
): ReadonlyArray<Misspelt> =>
  [
    ...names.file.map(name => ({ name, isInFile: true })),
    ...names.environment
      .filter(name => name.length >= SHORTEST_IN_ENVIRONMENT && !names.file.includes(name))
      .map(name => ({ name, isInFile: false }))
  ].flatMap(({ isInFile, name }) => {
    const meant = settingMeantBy(name, settings)
    return meant === undefined ? [] : [{ name, meant, isInFile }]
  })
