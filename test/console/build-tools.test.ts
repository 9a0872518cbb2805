// What builds the console where development dependencies are not installed is what builds it here.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')

type Versions = Readonly<Record<string, string>>

const read = (
  ...path: ReadonlyArray<string>
): {
  readonly devDependencies?: Versions
  readonly packages?: Readonly<Record<string, { readonly version?: string }>>
} => JSON.parse(readFileSync(join(ROOT, ...path), 'utf8'))

test('it has the versions of the project, and its lockfile has them too', () => {
  const { devDependencies: own = {} } = read('tools', 'console', 'package.json')
  const { devDependencies: ours = {} } = read('package.json')
  const { packages = {} } = read('tools', 'console', 'package-lock.json')
  const names = Object.keys(own)
  expect(names).toContain('rolldown')
  expect(own).toEqual(Object.fromEntries(names.map(name => [name, ours[name]])))
  expect(own).toEqual(
    Object.fromEntries(names.map(name => [name, packages[`node_modules/${name}`]?.version]))
  )
})
