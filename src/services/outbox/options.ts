// What is set of the outbox for all accounts.
export interface OutboxOptions {
  /** The shortest pause between two messages of an account, in milliseconds. */
  readonly paceMs: number
  /** Whether applications may post statuses. */
  readonly postStatuses: boolean
}
