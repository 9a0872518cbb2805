// The settings, for commands that work on the data folder themselves.
import { Effect, Option } from 'effect'
import { Flag } from 'effect/cli'
import type { Config } from '../../config.ts'
import { type CommandFailed, misused } from './failure.ts'
import { readSettings } from './read-settings.ts'

export const dataDirFlag = Flag.Directory('data-dir').pipe(
  Flag.withDescription('Data folder, instead of DATA_DIR'),
  Flag.optional
)

/** The settings for a command that works on the data folder itself. */
export const settingsFor = (dataDir: Option.Option<string>): Effect.Effect<Config, CommandFailed> =>
  Effect.suspend(() => {
    if (Option.isSome(dataDir)) process.env['DATA_DIR'] = dataDir.value
    return Effect.mapError(Effect.fromResult(readSettings()), misused)
  })
