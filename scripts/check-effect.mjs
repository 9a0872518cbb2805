// How the project uses Effect, checked by Effect's build of TypeScript's compiler (which checks the types once more).
import './needs-node.cjs'
import { execFileSync, spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const TSGO = join(ROOT, 'node_modules', '@effect', 'tsgo', 'dist', 'effect-tsgo.cjs')

const compiler = execFileSync(process.execPath, [TSGO, 'get-exe-path'], { encoding: 'utf8' }).trim()
// Each checker works out the types of the libraries again: with more of them than cores, that is work for nothing.
const checkers = String(Math.min(4, availableParallelism()))
const { error, status } = spawnSync(compiler, ['-p', ROOT, '--checkers', checkers], { stdio: 'inherit' })
if (error !== undefined) throw error
process.exitCode = status ?? 1
