// What every stored message pays for is kept to what reading needs.
import { statements } from './statements.ts'

// An account's messages are those of its threads, which two indexes find already.
export const fewerIndexes = statements('DROP INDEX messages_of_account')
