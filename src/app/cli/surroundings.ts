// What a command finds around it: variables and standard streams. They are those of the process, unless whoever runs it gives others.
import { Context } from 'effect'

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
}

export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }

export const Surroundings: Context.Reference<Surroundings> = Context.Reference(
  'backscroll/app/cli/Surroundings',
  // The process itself: reading one of its streams opens it.
  { defaultValue: (): Surroundings => process }
)
