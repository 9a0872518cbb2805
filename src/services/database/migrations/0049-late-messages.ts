// A read may come before its message: up to which row messages were stored then, since what is stored later came later. NULL
// for reads from before this upgrade.
import { statements } from './statements.ts'

export const lateMessages = statements('ALTER TABLE waiting_reads ADD COLUMN stored_up_to INTEGER')
