// Something that is costly to start, once for all tests of a file.
import { afterAll, beforeAll } from 'vitest'

/** Starts before the tests and is disposed of after them; the returned function gives it to each test. */
export const shared = <A extends AsyncDisposable>(start: () => Promise<A>): (() => A) => {
  let started: A | undefined
  beforeAll(async () => {
    started = await start()
  })
  afterAll(() => started?.[Symbol.asyncDispose]())
  return () => {
    if (started === undefined) throw new Error('It starts before the tests, not while they are collected')
    return started
  }
}

/** Begins when it is first asked for; who asks later gets the same: an account that tests use which leave it as it was. */
export const once = <A>(begin: () => Promise<A>): (() => Promise<A>) => {
  let begun: Promise<A> | undefined
  return () => (begun ??= begin())
}
