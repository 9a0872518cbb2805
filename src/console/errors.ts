// What a person is told when something did not work: what happened, and what to do.
import { BackscrollError } from '../client/index.ts'
import { t } from './i18n/i18n.ts'

export interface Trouble {
  readonly title: string
  readonly advice: string
}

const OWN_WORDS = new Set(['unauthorized', 'forbidden', 'rate-limited', 'store-unavailable', 'internal'])

const adviceFor = (error: BackscrollError): string => {
  const { code, problem, traceId } = error
  switch (code) {
    case 'unauthorized':
      return t('error.unauthorized')
    case 'forbidden':
      return t('error.forbidden')
    case 'rate-limited':
      return t('error.rateLimited')
    case 'store-unavailable':
      return t('error.storeUnavailable')
    case 'internal':
      return t('error.internal', { trace: traceId ?? '–' })
    default:
      return problem.detail ?? problem.title
  }
}

export const troubleOf = (error: unknown): Trouble => {
  // What a proxy answers in place of the server says no more.
  if (error instanceof BackscrollError && error.code !== 'unknown') {
    const isPlain = OWN_WORDS.has(error.code) || error.status === 400
    const title = isPlain ? t('error.refused') : error.problem.title
    return { title, advice: adviceFor(error) }
  }
  return { title: t('error.unreachable'), advice: t('error.unreachableAdvice') }
}

export const isCode = (error: unknown, ...codes: ReadonlyArray<string>): boolean =>
  error instanceof BackscrollError && codes.includes(error.code)
