// Whether what is committed would survive a power cut. A transaction is committed at once, and the disk has it a moment later: what leaves
// the server waits for that moment, and nothing else does.
import { Context, Effect } from 'effect'
import type { SqlError } from 'effect/sql'

/** Called once, with the error when the disk failed. */
export type OnDurable = (failure: SqlError.SqlError | undefined) => void

export class Durability extends Context.Service<
  Durability,
  {
    /** Whether everything that is committed is on the disk, and everybody who has waited for it was told. */
    readonly isDurable: () => boolean
    /** Calls back when what is committed now is on the disk: at once when it is, otherwise in the order of the calls. */
    readonly whenDurable: (onDurable: OnDurable) => void
    /** Commits what waits for company (`CommitsLater`): somebody waits for it now. */
    readonly hurry: () => void
  }
>()('backscroll/services/database/Durability') {}

/** Completes when what is committed now is on the disk. */
export const untilDurable = (
  durability: Pick<Durability['Service'], 'whenDurable'>
): Effect.Effect<void, SqlError.SqlError> =>
  Effect.callback(resume =>
    durability.whenDurable(failure => resume(failure === undefined ? Effect.void : Effect.fail(failure)))
  )

/** The same, unless whoever runs it does not wait. */
export const untilDurableIfWaited = (
  durability: Pick<Durability['Service'], 'whenDurable'>
): Effect.Effect<void, SqlError.SqlError> =>
  Effect.flatMap(WaitsForDisk, waits => (waits ? untilDurable(durability) : Effect.void))

/**
 * Whether a transaction completes only when it is on the disk. Whoever holds back what it sends until then need not wait for each of
 * its transactions.
 */
export const WaitsForDisk = Context.Reference<boolean>('backscroll/services/database/WaitsForDisk', {
  defaultValue: () => true
})
