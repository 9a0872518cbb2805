// A failure of Firestore is told from a failure of the database.
import { Effect } from 'effect'
import { expect, it } from 'vitest'
import { asDatabaseError } from '../../../src/services/database/error.ts'
import { reading } from '../../../src/services/firestore/error.ts'

it('keeps the name and the cause of a failure of Firestore, also beside statements', async () => {
  const cause = Object.assign(new Error('denied'), { code: 7 })
  const refused = reading('reading an account', () => Promise.reject(cause))
  const error = await Effect.runPromise(Effect.flip(asDatabaseError('copying')(refused)))
  expect(error).toMatchObject({ _tag: 'FirestoreError', operation: 'reading an account', cause })
  expect(error.message).toBe('Firestore failed at reading an account')
})
