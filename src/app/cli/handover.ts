// A command that starts what runs on by itself, such as the server, hands the process over to it: that has its own end.
import { Context, type Effect } from 'effect'

export class Handover extends Context.Service<
  Handover,
  {
    /** Called once the command is over. */
    readonly to: (work: () => void) => Effect.Effect<void>
  }
>()('backscroll/app/cli/Handover') {}
