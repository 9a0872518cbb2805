// Commands load what they need when they run: help and completions need none of it.
import { Effect } from 'effect'

/** A module that is part of the program: it cannot fail to load. */
export const lazily = <Module>(load: () => Promise<Module>): Effect.Effect<Module> => Effect.promise(load)
