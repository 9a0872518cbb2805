// A thread that writes to the database through a connection of its own, beside the main thread: what it is given, and what is to be
// done when it ends in the middle of something.
import { Context } from 'effect'

/** Memory of both threads. */
export interface SharedMemory {
  /** Whose turn it is to write (`sqlite/write-turns.ts`). */
  readonly turns: SharedArrayBuffer
  /** What has changed (`stored-versions.ts`). */
  readonly versions: SharedArrayBuffer
}

export class WriterBeside extends Context.Service<
  WriterBeside,
  {
    readonly memory: SharedMemory
    /** To be called before the thread is given something to write; it may have to wait for what it was given before. */
    readonly begins: () => void
    /** To be called once it has done that. One that has `crashed` cannot give its turn back, nor tell what it has changed. */
    readonly ended: (how: 'finished' | 'crashed') => void
    /** An error of SQLite in that thread. */
    readonly noteError: (cause: unknown) => void
  }
>()('backscroll/services/database/WriterBeside') {}
