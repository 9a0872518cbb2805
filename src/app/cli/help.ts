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

/** The first line of an error's words; hints follow it. */
const wordsOf = (error: { readonly message: string }): string =>
  error.message
    .split(/\n+\s*/)
    .map(plain)
    .join(' ')
    .replace('Did you mean this?', '- did you mean')

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
