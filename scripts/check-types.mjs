// Checks the types of the project and its use of Effect in one pass, by Effect's build of TypeScript's compiler.
import './needs-node.cjs'
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const TSGO = join(ROOT, 'node_modules', '@effect', 'tsgo', 'dist', 'effect-tsgo.cjs')

const compiler = execFileSync(process.execPath, [TSGO, 'get-exe-path'], { encoding: 'utf8' }).trim()
const { error, status } = spawnSync(compiler, ['-p', ROOT], { stdio: 'inherit' })
if (error !== undefined) throw error
process.exitCode = status ?? 1
