// Builds the client as JavaScript with its types: what `backscroll/client` is for applications.
import './needs-node.cjs'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

/** Where the compiler is, wherever the packages are. */
const compiler = () => {
  const file = createRequire(import.meta.url).resolve('typescript/package.json')
  return join(dirname(file), JSON.parse(readFileSync(file, 'utf8')).bin.tsc)
}

export const buildClient = target => {
  const { error, status, stderr, stdout } = spawnSync(
    process.execPath,
    [compiler(), '-p', join(ROOT, 'src', 'client'), '--outDir', target],
    { encoding: 'utf8' }
  )
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`The client cannot be compiled:\n${stdout}${stderr}`)
  // The compiler leaves the names of the sources in declarations.
  for (const name of globSync('*.d.ts', { cwd: target })) {
    const file = join(target, name)
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/(from '\.\/\w+)\.ts'/g, "$1.js'"))
  }
}
