// What a call ends with when it does not succeed.
import type { Problem } from './contract.ts'

/** The server refused. `code` says what is wrong (docs/errors.md); `problem` has everything that the server said. */
export class BackscrollError extends Error {
  readonly status: number
  readonly code: string
  readonly problem: Problem
  /** Under which the log of the server has more; `null` if it is not known. */
  readonly traceId: string | null

  constructor(problem: Problem, traceId: string | null) {
    super(`${problem.status} ${problem.code}: ${problem.detail ?? problem.title}`)
    this.name = 'BackscrollError'
    this.status = problem.status
    this.code = problem.code
    this.problem = problem
    this.traceId = traceId
  }
}

/** The client was asked for what cannot be: nothing was sent. The message says what to change in the program. */
export class BackscrollUsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'BackscrollUsageError'
  }
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && 'status' in body && 'title' in body

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const errorFrom = (response: Response, problem: Problem): BackscrollError =>
  new BackscrollError(problem, response.headers.get('x-trace-id'))

/** What answered is not the server: a proxy in between, or another program at this address. */
export const strangerError = (response: Response): BackscrollError =>
  errorFrom(response, {
    type: 'about:blank',
    status: response.status,
    title: response.ok
      ? 'The answer is none of a Backscroll server'
      : response.statusText || 'No problem of this server',
    code: 'unknown'
  })

/** The refusal in a response. */
export const errorOf = async (response: Response): Promise<BackscrollError> => {
  const body = parsed(await response.text())
  return isProblem(body) ? errorFrom(response, body) : strangerError(response)
}

/** The result in a response. */
export const jsonOf = async (response: Response): Promise<unknown> => {
  const result = parsed(await response.text())
  if (result === undefined) throw strangerError(response)
  return result
}
