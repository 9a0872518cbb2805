// Services for work whose caller has most of them already, as everything does that runs within the server.
import { Context, Effect } from 'effect'

/**
 * The same as `Effect.provideContext`, but only what the caller lacks is added. Merging two contexts copies both, with everything that the
 * server has in it, for each call.
 */
export const provideLacking = <Provided>(
  services: Context.Context<Provided>,
  keys: ReadonlyArray<Context.Key<Provided, unknown>>
): (<A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, Exclude<R, Provided>>) => {
  const own = keys.map(key => [key, Context.getUnsafe(services, key)] as const)
  const completed = <R>(had: Context.Context<Exclude<R, Provided>>): Context.Context<R> => {
    let context: Context.Context<never> = had
    for (const [key, service] of own)
      if (Context.getOrUndefined(context, key) !== service) context = Context.add(context, key, service)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what it lacked of them was added
    return context as Context.Context<R>
  }
  return work => Effect.updateContext(work, completed)
}
