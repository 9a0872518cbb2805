// Removes old entries of the audit log.
import { Clock, Effect } from 'effect'
import { hourly } from '../process/hourly.ts'
import { AuditLog } from './audit-log.ts'

export const pruneAudit = (keptMs: number) =>
  Effect.gen(function* () {
    const audit = yield* AuditLog
    yield* audit.prune((yield* Clock.currentTimeMillis) - keptMs)
  }).pipe(
    Effect.catch(error => Effect.logWarning('Old entries of the audit log could not be removed', error))
  )

export const layer = (keptMs: number) => hourly(pruneAudit(keptMs))
