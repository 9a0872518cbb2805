// Random numbers that depend on a seed, so that a run can be repeated.
export type Random = () => number

/** A small generator of random numbers, so that a seed gives the same decisions again. */
export const randomOf = (seed: number): Random => {
  let state = seed >>> 0 || 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

export const pick = <A>(random: Random, from: ReadonlyArray<A>): A => {
  const found = from[Math.floor(random() * from.length)]
  if (found === undefined) throw new Error('Nothing to pick from')
  return found
}
