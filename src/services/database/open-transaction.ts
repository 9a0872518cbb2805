// What is remembered of the database must not hold what a transaction wrote that was undone, nor may it be told before the commit. Whoever
// remembers is told how a transaction has ended, before another one begins.
import { Context } from 'effect'

/** A part of a transaction may be undone, while the rest goes on: then its end is told, too. */
export type TransactionEnd = 'committed' | 'undone' | 'partlyUndone'

export class OpenTransaction extends Context.Service<
  OpenTransaction,
  {
    /**
     * Within a transaction: tells how it has ended, once for each key. Answers whether the key is new. Outside of any, what was
     * written is committed, which is told at once.
     */
    readonly onEnd: (key: string, ended: (how: TransactionEnd) => void) => boolean
  }
>()('backscroll/services/database/OpenTransaction') {}
