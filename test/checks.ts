// `npm test` checks types, lint and format while the tests run: the type check keeps one core busy, and half of it at that. What is
// wrong is told when the tests are done.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { FAILED_CHECKS } from './closing-line.ts'

const CHECKS = ['check:types', 'check:format']

const check = async (
  name: string
): Promise<{ readonly name: string; readonly code: number; readonly said: string }> => {
  const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  const [said] = await Promise.all([Promise.all([text(child.stdout), text(child.stderr)]), closed])
  return { name, code: child.exitCode ?? 1, said: said.join('') }
}

/** Part of `npm test` alone, not of a run of some tests. */
const isWanted = process.env['npm_lifecycle_event'] === 'test' && process.argv.slice(2).join(' ') === 'run'

/** Begins them; the returned function waits for them, and fails if one of them does. */
export const setup = (): (() => Promise<void>) | undefined => {
  if (!isWanted) return undefined
  const checks = CHECKS.map(check)
  return async () => {
    const wrong = (await Promise.all(checks)).filter(({ code }) => code !== 0)
    for (const { name, said } of wrong) process.stderr.write(`\n${said}\n${name} failed\n`)
    process.env[FAILED_CHECKS] = String(wrong.length)
    if (wrong.length > 0) throw new Error(`Failed: ${wrong.map(({ name }) => `npm run ${name}`).join(', ')}`)
  }
}
