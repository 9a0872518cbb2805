// Credentials and Signal keys, encrypted with the vault key.
import { Layer } from 'effect'
import type { Config } from '../../config.ts'
import * as Seal from '../../services/vault/seal.ts'
import { Proxies } from '../../services/vault/proxies.ts'
import { Pseudonyms } from '../../services/vault/pseudonyms.ts'
import { Vault } from '../../services/vault/vault.ts'

export const layer = (config: Config) =>
  Layer.mergeAll(Vault.layer, Proxies.layer, Pseudonyms.layer).pipe(
    Layer.provideMerge(Seal.layer({ key: config.VAULT_KEY, folder: config.DATA_DIR }))
  )
