// Whether the database can be relied on: damage that reading meets, and a file that is removed or replaced under a running server.
import { Context } from 'effect'

/** What is wrong, as the rest of a sentence about the database. */
export interface DatabaseProblem {
  /** `replaced`, `disk`: nothing is written any more, it would be lost. `damaged`: what can be read and written still is. */
  readonly kind: 'damaged' | 'disk' | 'replaced'
  readonly file: string
  readonly reason: string
}

export class DatabaseHealth extends Context.Service<
  DatabaseHealth,
  {
    /** Whether the database had a write-ahead log when it was opened, as one whose server was killed has. */
    readonly openedWithLog: boolean
    /** Looks at the file; `undefined` while nothing is known to be wrong. A problem stays until the server is started again. */
    readonly problem: () => DatabaseProblem | undefined
  }
>()('backscroll/services/database/DatabaseHealth') {}
