// Which states of a database and of the file beside it belong together.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compare } from '../../../src/services/database/generation.ts'

type Row = NonNullable<Parameters<typeof compare>[0]>
type Mark = NonNullable<Parameters<typeof compare>[1]>

interface State {
  readonly row: Row | undefined
  readonly mark: Mark | undefined
}

/** What is on the disk after each write of a server that raises the number so often, from nothing on. */
const statesOf = (raises: number): ReadonlyArray<State> => {
  const states: Array<State> = [{ row: undefined, mark: undefined }]
  const add = (change: Partial<State>) => states.push({ ...states.at(-1)!, ...change })
  for (let generation = 0; generation < raises; generation += 1) {
    const mark = { databaseId: 'd', generation, next: generation + 1, isOpen: true }
    add({ mark })
    add({ row: { databaseId: 'd', generation: generation + 1, raisedAt: generation } })
    add({ mark: { ...mark, generation: generation + 1, next: null } })
  }
  return states
}

const someStates = fc
  .integer({ min: 1, max: 9 })
  .chain(raises => fc.tuple(fc.constant(statesOf(raises)), fc.nat(raises * 3), fc.nat(raises * 3)))

test('a server that is killed between any two writes goes on with the same database', () => {
  fc.assert(
    fc.property(someStates, ([states, at]) => {
      const { mark, row } = states[at]!
      // The very first write is the file: a first start that is killed there has stored nothing yet.
      if (row === undefined && mark !== undefined) return
      expect(compare(row, mark, true)).toEqual({ kind: 'current' })
    })
  )
})

test('every copy from before the last completed number is recognised, with the time that it is of', () => {
  fc.assert(
    fc.property(someStates, ([states, one, other]) => {
      const [earlier, later] = [states[Math.min(one, other)]!, states[Math.max(one, other)]!]
      const completed = later.mark?.generation ?? 0
      if ((earlier.row?.generation ?? 0) >= completed) return
      expect(compare(earlier.row, later.mark, true)).toMatchObject({
        kind: 'older',
        since: earlier.row?.raisedAt ?? null
      })
    })
  )
})

test('another database, one without its file and one whose log is gone are recognised', () => {
  const row = { databaseId: 'd', generation: 5, raisedAt: 7 }
  const mark = { databaseId: 'd', generation: 5, next: null, isOpen: true }
  expect(compare(row, mark, false)).toMatchObject({ kind: 'older', since: 7 })
  expect(compare(row, { ...mark, isOpen: false }, false)).toEqual({ kind: 'current' })
  expect(compare(row, { ...mark, databaseId: 'e' }, true)).toMatchObject({ kind: 'older' })
  expect(compare(row, undefined, true)).toMatchObject({ kind: 'older', since: 7 })
})
