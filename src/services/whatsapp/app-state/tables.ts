// The tables of app state: how far each collection has been read, and which records it had then.
import { OF_ACCOUNT, type OwnedTable } from '../../database/tables.ts'

export const appStateTables: ReadonlyArray<OwnedTable> = [
  {
    name: 'app_state_collections',
    account: OF_ACCOUNT,
    queue: {
      gauge: 'app_state_collections_blocked',
      description: 'Collections of app state that cannot be read until the phone helps',
      waiting: 'trouble IS NOT NULL'
    }
  },
  { name: 'app_state_records', account: OF_ACCOUNT }
]
