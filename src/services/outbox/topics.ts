// What the outbox waits for.
import { topic } from '../process/wakes.ts'

/** Entries of an account wait to be sent. */
export const OUTBOX = topic('outbox')

/** An entry has ended. Waited for by the id of the entry. */
export const ENDED = topic('outbox entry ended')

/** An entry was accepted that may expire before all others. Expiry is watched for all accounts together. */
export const EXPIRY = topic('outbox expiry')
