// The tables of the vault.
import { OF_ACCOUNT, type OwnedTable } from '../database/tables.ts'

export const vaultTables: ReadonlyArray<OwnedTable> = [
  { name: 'vault_check' },
  { name: 'vault_credentials', account: OF_ACCOUNT },
  { name: 'vault_keys', account: OF_ACCOUNT },
  { name: 'vault_proxies', account: OF_ACCOUNT }
]
