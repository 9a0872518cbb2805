// What services hold in memory for single accounts. Each of these maps is registered here, so that removing an account
// clears all of them in one call, and a test can ask what is left.
import { Context, Effect, Layer } from 'effect'

/** A `Map` or a `Set` whose keys are account ids, or any object that can find and delete the entries of an account. */
export interface AccountEntries {
  readonly has: (accountId: string) => boolean
  readonly delete: (accountId: string) => unknown
}

/** One value per account, made when it is first asked for. */
export interface PerAccount<Value extends object> {
  readonly get: (accountId: string) => Value
  /** The value only if it has been made. */
  readonly peek: (accountId: string) => Value | undefined
  readonly delete: (accountId: string) => void
}

export class AccountMemory extends Context.Service<
  AccountMemory,
  {
    /** Registers entries and returns them. `held` answers the name, such as `whatsapp.connections`. */
    readonly register: <Entries extends AccountEntries>(name: string, entries: Entries) => Entries
    /** Registers a map that fills itself with `make`. */
    readonly perAccount: <Value extends object>(
      name: string,
      make: (accountId: string) => Value
    ) => PerAccount<Value>
    /** Deletes what is held for this account; to be called after its last work has ended, which would add it again. */
    readonly forget: (accountId: string) => Effect.Effect<void>
    /** The names under which something is held for this account. */
    readonly held: (accountId: string) => Effect.Effect<ReadonlyArray<string>>
  }
>()('backscroll/services/process/AccountMemory') {
  static readonly layer: Layer.Layer<AccountMemory> = Layer.sync(AccountMemory, () => makeAccountMemory())
}

/** For code that is built outside of a layer. */
export const makeAccountMemory = (): AccountMemory['Service'] => {
  const registered: Array<{ readonly name: string; readonly entries: AccountEntries }> = []

  const register = <Entries extends AccountEntries>(name: string, entries: Entries): Entries => {
    registered.push({ name, entries })
    return entries
  }

  return AccountMemory.of({
    register,
    perAccount: (name, make) => makePerAccount(register(name, new Map()), make),
    forget: accountId =>
      Effect.sync(() => {
        for (const { entries } of registered) entries.delete(accountId)
      }),
    held: accountId =>
      Effect.sync(() => registered.filter(({ entries }) => entries.has(accountId)).map(({ name }) => name))
  })
}

const makePerAccount = <Value extends object>(
  values: Map<string, Value>,
  make: (accountId: string) => Value
): PerAccount<Value> => ({
  get: accountId => {
    const value = values.get(accountId) ?? make(accountId)
    values.set(accountId, value)
    return value
  },
  peek: accountId => values.get(accountId),
  delete: accountId => void values.delete(accountId)
})
