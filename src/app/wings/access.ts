// Who may do what, and who did what: the keys of programs, and the audit log.
import { Layer } from 'effect'
import type { Config } from '../../config.ts'
import { AccessKeys } from '../../services/access/access-keys.ts'
import { AuditLog } from '../../services/access/audit-log.ts'
import * as Upkeep from '../../services/access/upkeep.ts'

export const layer = Layer.merge(AccessKeys.layer, AuditLog.layer)

export const upkeep = ({ AUDIT_KEEP }: Pick<Config, 'AUDIT_KEEP'>) => Upkeep.layer(AUDIT_KEEP)
