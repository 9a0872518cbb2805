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

/** The refusal in a response; a proxy in between answers with something else than a problem. */
export const errorOf = async (response: Response): Promise<BackscrollError> => {
  const body = parsed(await response.text())
  const { status } = response
  const problem: Problem = isProblem(body)
    ? body
    : {
        type: 'about:blank',
        status,
        title: response.statusText || 'No problem of this server',
        code: 'unknown'
      }
  return new BackscrollError(problem, response.headers.get('x-trace-id'))
}
