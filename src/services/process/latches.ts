// A latch for each account, made when it is first asked for.
import { Latch } from 'effect'

export interface Latches {
  readonly of: (accountId: string) => Latch.Latch
  readonly forget: (accountId: string) => void
}

export const makeLatches = (areOpen: boolean): Latches => {
  const latches = new Map<string, Latch.Latch>()
  return {
    of: accountId => {
      const known = latches.get(accountId)
      if (known !== undefined) return known
      const latch = Latch.makeUnsafe(areOpen)
      latches.set(accountId, latch)
      return latch
    },
    forget: accountId => void latches.delete(accountId)
  }
}
