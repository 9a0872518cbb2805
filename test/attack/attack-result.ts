// What an attack is asked to do, and what came of it.

export interface AttackOptions {
  readonly seed: number
  readonly requests: number
  readonly stanzas: number
  /** No new ones are sent after this many seconds. */
  readonly seconds: number
  /** How many accounts are attacked, and how many beside them are honest. */
  readonly accounts?: number
  /** Milliseconds between two things that happen on an honest phone; few by default. */
  readonly pauseMs?: number
  readonly log: (text: string) => void
}

export interface AttackResult {
  readonly seed: number
  readonly requests: number
  readonly stanzas: number
  /** Ends of the process, and of an account's actors. */
  readonly crashes: number
  /** Answers with 5xx that the documentation of the endpoint does not name. */
  readonly fives: number
  /** Things that were told in answers, logs or metrics to somebody who may not know them; doors that were open. */
  readonly leaks: number
  /** Complete requests without an answer within a minute. */
  readonly unanswered: number
  /** Answers by their first digit. */
  readonly statuses: Readonly<Record<string, number>>
  /** Messages of honest people, and what of them was lost or doubled, or is different. */
  readonly messages: number
  readonly wrong_messages: number
  /** What the server sent meanwhile for honest owners, and what of it was lost or doubled. */
  readonly sends: number
  readonly wrong_sends: number
  /** Open files and sockets, and resident memory (MiB), beyond those before the attack. */
  readonly more_files: number
  readonly more_memory: number
  readonly seconds: number
}
