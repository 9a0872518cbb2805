// Sound at another sample rate, piece by piece: each sample is the sum of its neighbours, weighted by a windowed sinc.

/** Neighbours on each side, in samples of the lower rate. */
const REACH = 16
/** Positions between two samples for which weights are held. */
const PHASES = 256

/** Weights for each position between two samples; `cutoff` is below 1 when the rate is lowered. */
const weightTable = (cutoff: number, reach: number): ReadonlyArray<Float32Array> =>
  Array.from({ length: PHASES + 1 }, (_, phase) => {
    const weights = Float32Array.from({ length: 2 * reach }, (__, at) => {
      const distance = at - reach + 1 - phase / PHASES
      const x = Math.PI * distance * cutoff
      const sinc = x === 0 ? 1 : Math.sin(x) / x
      return cutoff * sinc * (0.5 + 0.5 * Math.cos((Math.PI * distance) / reach))
    })
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return weights.map(weight => weight / sum)
  })

/** Takes the samples of one piece and returns those that are complete. A little silence at the end completes the last ones. */
export const resampler = (from: number, to: number): ((samples: Float32Array) => Float32Array) => {
  if (from === to) return samples => samples
  const cutoff = Math.min(1, to / from)
  const reach = Math.ceil(REACH / cutoff)
  const table = weightTable(cutoff, reach)
  const step = from / to
  /** Samples that are needed again, and where among them the next one is to be. */
  let held = new Float32Array(reach)
  let position = reach
  return samples => {
    const source = new Float32Array(held.length + samples.length)
    source.set(held)
    source.set(samples, held.length)
    const result = new Float32Array(Math.ceil(source.length / step))
    let count = 0
    while (position + reach < source.length) {
      const before = Math.floor(position)
      const weights = table[Math.round((position - before) * PHASES)] ?? new Float32Array()
      const first = before - reach + 1
      let sum = 0
      for (let at = 0; at < weights.length; at += 1) sum += (weights[at] ?? 0) * (source[first + at] ?? 0)
      result[count] = sum
      count += 1
      position += step
    }
    const needed = Math.max(0, Math.floor(position) - reach + 1)
    held = source.slice(needed)
    position -= needed
    return result.subarray(0, count)
  }
}
