// Makes a piece of the product throw, once for each time its name is written to a file. What throws is found by who calls; nothing of
// the product is replaced.
//   actor     the account machine, computing a delay
//   service   the outbox, writing down what it sends
import { existsSync, readFileSync, rmSync } from 'node:fs'

const CALLERS = { actor: 'domain/backoff.ts', service: 'outbox/outcome.ts' } as const

export type InnerFault = keyof typeof CALLERS

/** From now on until the returned function is called. */
export const throwWhatIsIn = (file: string): (() => void) => {
  const isDue = (fault: InnerFault): boolean => {
    if (!existsSync(file) || readFileSync(file, 'utf8') !== fault) return false
    if (new Error().stack?.includes(CALLERS[fault]) !== true) return false
    rmSync(file)
    return true
  }
  const { random } = Math
  const { stringify } = JSON
  Math.random = () => {
    if (isDue('actor')) throw new Error('An inner fault')
    return random()
  }
  JSON.stringify = new Proxy(stringify, {
    apply: (original, self, given: Parameters<typeof JSON.stringify>) => {
      if (isDue('service')) throw new Error('An inner fault')
      return Reflect.apply(original, self, given)
    }
  })
  return () => {
    Math.random = random
    JSON.stringify = stringify
  }
}
