// Reports a database that is damaged, or whose file was removed or replaced while the server ran.
import { Effect, Schedule } from 'effect'
import { DatabaseHealth, type DatabaseProblem } from '../database/health.ts'
import { type IncidentReport, Incidents } from './incidents.ts'

const CHECK_EVERY = '5 seconds'

const RESTORE =
  'Stop the server, keep the damaged file, and restore DATA_DIR from a backup (docs/backup.md); what WhatsApp was not told stays there until then'

const ADVICE: Readonly<Record<DatabaseProblem['kind'], string>> = {
  damaged: RESTORE,
  replaced: RESTORE,
  disk: 'Stop the server, look after the disk (the log of the system says more), and start again: what WhatsApp was not told comes then'
}

const damaged = ({ file, kind, reason }: DatabaseProblem): IncidentReport => ({
  accountId: null,
  kind: 'storage.damaged',
  severity: 'error',
  subject: `database ${kind}`,
  happened: `The database ${file} cannot be relied on: ${reason}`,
  did:
    kind === 'damaged'
      ? 'What can be read and written still is. GET /ready answers 503'
      : 'Nothing is written or acknowledged to WhatsApp any more: it would be lost. GET /ready answers 503',
  advice: ADVICE[kind]
})

/** Reports each kind of problem once, until the scope closes. */
export const watch = Effect.gen(function* () {
  const health = yield* DatabaseHealth
  const incidents = yield* Incidents
  let reported: string | undefined
  const check = Effect.suspend(() => {
    const problem = health.problem()
    if (problem === undefined || problem.kind === reported) return Effect.void
    reported = problem.kind
    return incidents.report(damaged(problem))
  })
  yield* Effect.forkScoped(Effect.repeat(check, Schedule.spaced(CHECK_EVERY)))
})
