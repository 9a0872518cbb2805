// Help and refused arguments: help to standard output, what is wrong to standard error, with where the help is.
import { Effect } from 'effect'
import { CliOutput, TerminalCapabilities } from 'effect/cli'
import { describeSettings } from '../../config.ts'
import { plain } from './screen/style.ts'
import { Surroundings } from './surroundings.ts'

const formatter = Effect.map(TerminalCapabilities.TerminalCapabilities, ({ canColor }) =>
  CliOutput.defaultFormatter({ colors: canColor, globalFlags: 'none' })
)

const isAboutStart = ([, command]: ReadonlyArray<string>): boolean => command === 'start'

const SETTINGS = () =>
  `\nSettings are environment variables, or lines of a file named .env:\n\n${describeSettings()}`

/** What the parser says, and what people understand. */
const PLAINER: ReadonlyArray<readonly [said: RegExp, plainer: string]> = [
  [/Did you mean this\?/, '- did you mean'],
  [/Expected: Path does not exist: .*/, 'There is no such file or folder'],
  [/Expected: Path is not a file: .*/, 'It is a folder, not a file'],
  [/Expected: Path is not a directory: .*/, 'It is a file, not a folder'],
  [/Expected a string representing a finite number/, 'Expected a whole number'],
  [/Expected a valid Date/, 'Expected a time, such as 2027-01-31 or 2027-01-31T09:00:00Z']
]

/** An error in one line: hints follow the words. */
const wordsOf = (error: { readonly message: string }): string =>
  PLAINER.reduce(
    (text, [said, plainer]) => text.replace(said, plainer),
    error.message
      .split(/\n+\s*/)
      .map(plain)
      .join(' ')
  )

export const presenter: CliOutput.Presenter = {
  present: event =>
    Effect.map(Effect.all([formatter, Surroundings]), ([format, { stderr, stdout }]) => {
      switch (event._tag) {
        case 'Version':
          return void stdout.write(`${event.version}\n`)
        case 'Help':
          return void stdout.write(
            `${format.formatHelpDoc(event.helpDoc)}${isAboutStart(event.commandPath) ? SETTINGS() : ''}\n`
          )
        case 'InvalidInvocation':
          return void stderr.write(
            `${event.errors.map(wordsOf).join('\n')}\n\nUsage: ${event.helpDoc.usage}\n${event.commandPath.join(' ')} --help tells more.\n`
          )
      }
    })
}
