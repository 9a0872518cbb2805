// Sound at another sample rate stays the same sound, in whatever pieces it comes.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resampler } from '../../../src/services/outbox/preparation/voice/resample.ts'

const TO = 48_000
const SECONDS = 0.1

const tone = (hertz: number, rate: number, seconds = SECONDS) =>
  Float32Array.from({ length: rate * seconds }, (_, at) => Math.sin((2 * Math.PI * hertz * at) / rate))

const resampled = (
  samples: Float32Array,
  from: number,
  pieces: ReadonlyArray<number>
): ReadonlyArray<number> => {
  const resample = resampler(from, TO)
  const result: Array<number> = []
  let at = 0
  for (const piece of [...pieces, samples.length]) {
    result.push(...resample(samples.subarray(at, at + piece)))
    at += piece
  }
  return [...result, ...resample(new Float32Array(480))]
}

test('a tone that both rates have is the same tone', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000),
      fc.integer({ min: 100, max: 2500 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 5 }),
      (from, hertz, pieces) => {
        const result = resampled(tone(hertz, from), from, pieces)
        const expected = tone(hertz, TO)
        expect(result.length).toBeGreaterThanOrEqual(expected.length)
        // Sound begins and ends abruptly here, which no filter follows.
        const edge = 600
        const worst = Math.max(
          ...expected.slice(edge, -edge).map((sample, at) => Math.abs(sample - (result[edge + at] ?? 9)))
        )
        expect(worst).toBeLessThan(0.01)
      }
    ),
    { numRuns: 40 }
  )
})

test('what the lower rate cannot carry is gone, and does not come back as another tone', () => {
  const result = resampled(tone(40_000, 96_000), 96_000, [])
  expect(Math.max(...result.slice(600, -600).map(Math.abs))).toBeLessThan(0.02)
})
