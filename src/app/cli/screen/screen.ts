// Where a command writes: results to standard output, for people or as JSON; everything else to standard error.
import { Context, Effect, Layer } from 'effect'
import { Command, Flag, TerminalCapabilities } from 'effect/cli'
import { type Output, Surroundings } from '../surroundings.ts'
import { type Style, styleFor } from './style.ts'

export const screenFlags = {
  json: Flag.Boolean('json').pipe(
    Flag.withDescription('Print JSON for programs; several results are one a line'),
    Flag.withDefault(false),
    Flag.withoutNegation
  )
}

export interface ScreenInput {
  readonly json: boolean
}

/** How to draw for people. */
export interface Canvas {
  readonly style: Style
  /** Cells in a line of the terminal; `undefined` when the output goes elsewhere. */
  readonly columns: number | undefined
}

/** Completes when the text is written: a slow reader is waited for. */
const write = (stream: Output, text: string): Effect.Effect<void> =>
  Effect.callback(resume => {
    // A reader that is gone is noticed where the stream fails.
    stream.write(text, () => resume(Effect.void))
  })

export class Screen extends Context.Service<
  Screen,
  {
    readonly json: boolean
    readonly canvas: Canvas
    /** Whether the cursor may be moved. */
    readonly isTerminal: boolean
    /** A result: the value as a line of JSON, or what people read, which ends with a line break. */
    readonly result: (value: unknown, text: (canvas: Canvas) => string) => Effect.Effect<void>
    /** A text to standard output as it is. */
    readonly write: (text: string) => Effect.Effect<void>
    /** A line about what goes on, to standard error. */
    readonly say: (line: string) => Effect.Effect<void>
  }
>()('backscroll/app/cli/Screen') {
  static layer({ json }: ScreenInput): Layer.Layer<Screen> {
    return Layer.effect(
      Screen,
      Effect.gen(function* () {
        const { canAnimate, canColor } = yield* TerminalCapabilities.TerminalCapabilities
        const { stderr, stdout } = yield* Surroundings
        const canvas = {
          style: styleFor(canColor),
          columns: stdout.isTTY === true ? stdout.columns : undefined
        }
        return Screen.of({
          json,
          canvas,
          isTerminal: canAnimate,
          result: (value, text) => write(stdout, json ? `${JSON.stringify(value)}\n` : text(canvas)),
          write: text => write(stdout, text),
          say: line => write(stderr, `${line}\n`)
        })
      })
    )
  }
}

/** Gives a command with the flags of the screen its screen. */
export const onScreen = <const Name extends string, Input extends ScreenInput, C, E, R>(
  command: Command.Command<Name, Input, C, E, R>
) => Command.provide(command, (input: Input) => Screen.layer(input))
