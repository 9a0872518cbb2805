// Who may do what: the keys of programs.
import { AccessKeys } from '../../services/access/access-keys.ts'

export const layer = AccessKeys.layer
