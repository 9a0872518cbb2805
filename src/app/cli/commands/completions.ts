// `completions`: what a shell needs to complete these commands.
import { Effect } from 'effect'
import { Argument, Command, Completions } from 'effect/cli'
import { Screen, onScreen, screenFlags } from '../screen/screen.ts'

/** Made of the commands themselves, which are known when it runs. */
export const completionsOf = (root: () => Command.Command.Any) =>
  Command.make(
    'completions',
    {
      shell: Argument.Literals('shell', ['bash', 'zsh', 'fish']).pipe(
        Argument.withDescription('The shell that you use')
      ),
      ...screenFlags
    },
    Effect.fnUntraced(function* ({ shell }) {
      // The script says how it is installed, by a flag that these commands do not have.
      const script = Completions.generate('backscroll', shell, Completions.fromCommand(root())).replaceAll(
        'backscroll --completions',
        'backscroll completions'
      )
      const { result } = yield* Screen
      yield* result({ shell, script }, () => `${script.trimEnd()}\n`)
    })
  ).pipe(
    onScreen,
    Command.withDescription('Print a completion script for bash, zsh or fish'),
    Command.withExamples([
      { command: 'backscroll completions bash > ~/.local/share/bash-completion/completions/backscroll' },
      { command: 'backscroll completions zsh > "${fpath[1]}/_backscroll"' },
      { command: 'backscroll completions fish > ~/.config/fish/completions/backscroll.fish' }
    ])
  )
