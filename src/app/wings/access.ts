// Who may do what, and who did what: the keys of programs, and the audit log.
import { Layer } from 'effect'
import { AccessKeys } from '../../services/access/access-keys.ts'
import { AuditLog } from '../../services/access/audit-log.ts'

export const layer = Layer.merge(AccessKeys.layer, AuditLog.layer)
