// What is shown of something that is read more than once, whichever answer comes first.
import { signal } from '@preact/signals'
import { expect, test } from 'vitest'
import { type Loaded, Readings } from '../../src/console/parts/loaded.ts'

const scene = () => {
  const state = signal<Loaded<string>>({ value: undefined, error: undefined })
  return { state, readings: new Readings(state) }
}

/** A reading that the test answers. */
const reading = () => {
  const { promise, reject, resolve } = Promise.withResolvers<string>()
  return { read: () => promise, reject, resolve }
}

test('what was read again of one account does not replace what is read of another by now', async () => {
  const { readings, state } = scene()
  await readings.anew(async () => 'first account')
  const late = reading()
  const again = readings.again(late.read)
  await readings.anew(async () => 'second account')
  late.resolve('first account, newer')
  await again
  expect(state.value.value).toBe('second account')
})

test('an old answer is not shown while another thing is read, and not when nothing is shown any more', async () => {
  const { readings, state } = scene()
  const [first, second] = [reading(), reading()]
  const begun = readings.anew(first.read)
  const next = readings.anew(second.read)
  first.resolve('first')
  await begun
  expect(state.value).toEqual({ value: undefined, error: undefined })
  readings.forget()
  second.resolve('second')
  await next
  expect(state.value).toEqual({ value: undefined, error: undefined })
})

test('of the same thing the answer of the latest reading stays, and earlier ones are shown until it comes', async () => {
  const { readings, state } = scene()
  const [first, second, third] = [reading(), reading(), reading()]
  const all = [first, second, third].map(({ read }) => readings.again(read))
  first.resolve('1')
  await all[0]
  expect(state.value.value).toBe('1')
  third.resolve('3')
  await all[2]
  second.resolve('2')
  await all[1]
  expect(state.value.value).toBe('3')
})

test('what is known stays when it cannot be read again, with the error; the next answer clears it', async () => {
  const { readings, state } = scene()
  const refused = new Error('refused')
  await readings.anew(async () => 'known')
  await readings.again(() => Promise.reject(refused))
  expect(state.value).toEqual({ value: 'known', error: refused })
  await readings.again(async () => 'newer')
  expect(state.value).toEqual({ value: 'newer', error: undefined })
  await readings.anew(() => Promise.reject(refused))
  expect(state.value).toEqual({ value: undefined, error: refused })
})
