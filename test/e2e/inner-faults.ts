// Loaded into the server before its own code (node --import): makes a piece of the product throw, once for each time its
// name is written to the file INNER_FAULT. What throws is found by who calls; nothing of the product is replaced.
//   actor     the account machine, computing a delay
//   service   the outbox, writing down what it sends
import { existsSync, readFileSync, rmSync } from 'node:fs'

const FILE = process.env['INNER_FAULT'] ?? ''

const CALLERS = { actor: 'domain/backoff.ts', service: 'outbox/outcome.ts' } as const

const isDue = (fault: keyof typeof CALLERS): boolean => {
  if (FILE === '' || !existsSync(FILE) || readFileSync(FILE, 'utf8') !== fault) return false
  if (new Error().stack?.includes(CALLERS[fault]) !== true) return false
  rmSync(FILE)
  return true
}

const { random } = Math
Math.random = () => {
  if (isDue('actor')) throw new Error('An inner fault')
  return random()
}

// oxlint-disable-next-line typescript/unbound-method
JSON.stringify = new Proxy(JSON.stringify, {
  apply: (stringify, self, given: Parameters<typeof JSON.stringify>) => {
    if (isDue('service')) throw new Error('An inner fault')
    return Reflect.apply(stringify, self, given)
  }
})
