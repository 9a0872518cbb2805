// What a check of `doctor` finds: how it is, and what to do when it is not well.

export interface Finding {
  readonly check: string
  /** `warning`: it works, but something should be done; `skipped`: it could not be looked at, or is not used. */
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped'
  readonly found: string
  /** What to do; `null` when nothing is to be done. */
  readonly advice: string | null
}

export const ok = (check: string, found: string): Finding => ({ check, status: 'ok', found, advice: null })

export const skipped = (check: string, found: string): Finding => ({
  check,
  status: 'skipped',
  found,
  advice: null
})

export const warning = (check: string, found: string, advice: string): Finding => ({
  check,
  status: 'warning',
  found,
  advice
})

export const bad = (check: string, found: string, advice: string): Finding => ({
  check,
  status: 'failed',
  found,
  advice
})
