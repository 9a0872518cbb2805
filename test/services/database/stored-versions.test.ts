// What two threads remember of a database holds until the other one has changed it.
import { expect, test } from 'vitest'
import { makeStoredVersions, versionsMemory } from '../../../src/services/database/stored-versions.ts'

const both = () => {
  const memory = versionsMemory()
  return { here: makeStoredVersions(memory, 'main'), there: makeStoredVersions(memory, 'beside') }
}

test('what is remembered holds until another thread has committed a change of it', () => {
  const { here, there } = both()
  const one = here.service.remember('one')
  const two = here.service.remember('two')
  there.service.changed('one')
  expect(one.holds()).toBe(true)
  there.committed()
  expect([one.holds(), two.holds()]).toEqual([false, true])
  expect(here.service.remember('one').holds()).toBe(true)
})

test('changes of its own are remembered already, unless another thread has changed the same since', () => {
  const { here, there } = both()
  const one = here.service.remember('one')
  here.service.changed('one')
  here.committed()
  expect(one.holds()).toBe(true)
  here.service.changed('one')
  here.committed()
  expect(one.holds()).toBe(true)
  const other = there.service.remember('one')
  here.service.changed('one')
  here.committed()
  there.service.changed('one')
  there.committed()
  expect([one.holds(), other.holds()]).toEqual([false, false])
})

test('after a thread has ended in the middle of something, nothing holds', () => {
  const { here } = both()
  const one = here.service.remember('one')
  here.allChanged()
  expect(one.holds()).toBe(false)
})
