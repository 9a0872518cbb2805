// The indexes that firestore.indexes.json deploys: the local server refuses queries that need others, as production does.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Indexes } from './query.ts'

// oxlint-disable-next-line typescript/no-unsafe-type-assertion
export const deployedIndexes = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'firestore.indexes.json'), 'utf8')
) as Indexes
