// What the outbox waits for.
import { topic } from '../process/wakes.ts'

/** Entries of an account wait to be sent. */
export const OUTBOX = topic('outbox')

/** An entry was accepted that may expire before all others. Expiry is watched for all accounts together. */
export const EXPIRY = topic('outbox expiry')
