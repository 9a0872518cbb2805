// When a connection has to test itself: WhatsApp sometimes answers keep-alives on one, and sends nothing else any more.
// This file is about time only; the test itself is in `self-test.ts`.
import { Effect } from 'effect'

/** The longest pause between two tests of an account on which nothing happens. */
const LONGEST_PAUSE_MS = 15 * 60_000

/** Times are milliseconds since 1970; `null` before the first since the server started. */
export interface LastContact {
  /** When WhatsApp last sent a stanza other than the answer to a query. */
  readonly lastHeardAt: number | null
  readonly lastSentAt: number | null
}

/** What is known of an account's contact with WhatsApp, from one connection to the next. */
export interface Contact {
  lastHeardAt: number | null
  lastSentAt: number | null
  /** Stanzas heard since the server started. */
  heard: number
  /** When the first message was sent since WhatsApp was last heard. */
  unansweredSince: number | null
  /** Tests that failed since the last sign that the route works: where a test can never pass, it must not be repeated every minute. */
  failedTests: number
}

export const newContact = (): Contact => ({
  lastHeardAt: null,
  lastSentAt: null,
  heard: 0,
  unansweredSince: null,
  failedTests: 0
})

export const noteHeard = (contact: Contact, at: number): void => {
  contact.lastHeardAt = at
  contact.heard += 1
  contact.unansweredSince = null
}

export const noteSent = (contact: Contact, at: number): void => {
  contact.lastSentAt = at
  contact.unansweredSince ??= at
}

/** When the next test is due: `provenAt` is when the connection opened or was last heard, `pauses` counts the doublings. */
export const nextTestAt = (
  { unansweredSince }: Pick<Contact, 'unansweredSince'>,
  {
    afterMs,
    pauses,
    provenAt
  }: { readonly afterMs: number; readonly pauses: number; readonly provenAt: number }
): number => {
  const pauseMs = Math.min(afterMs * 2 ** Math.min(pauses, 30), Math.max(afterMs, LONGEST_PAUSE_MS))
  const whenQuiet = provenAt + pauseMs
  return unansweredSince === null
    ? whenQuiet
    : Math.min(whenQuiet, Math.max(unansweredSince, provenAt) + afterMs)
}

export interface LivenessOptions {
  readonly contact: Contact
  /** How long nothing may be heard, or a message stay unanswered. */
  readonly afterMs: number
  /** How long WhatsApp may take to answer a test. */
  readonly timeoutMs: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Sends what WhatsApp has to answer with a stanza. Succeeds with whether it answered a keep-alive, too. */
  readonly test: Effect.Effect<boolean>
}

/** What a failed test found: keep-alives are answered and nothing else is (`deaf`), or nothing is (`silent`). */
export type Silence = 'deaf' | 'silent'

/** Tests an open connection whenever it is due, one test at a time. Ends with the first test that fails. */
export const watchLiveness = Effect.fnUntraced(function* (options: LivenessOptions) {
  const { afterMs, contact, now, timeoutMs } = options
  const openedAt = now()
  // What an earlier connection left unanswered says nothing about this one.
  contact.unansweredSince = null
  let provenAt = openedAt
  let heardBefore = contact.heard
  let passed = 0
  for (;;) {
    if (contact.heard !== heardBefore) {
      heardBefore = contact.heard
      passed = 0
      provenAt = Math.max(openedAt, contact.lastHeardAt ?? openedAt)
      if (provenAt - openedAt > afterMs) contact.failedTests = 0
    }
    // The time of the server may have been corrected backwards.
    provenAt = Math.min(provenAt, now())
    const dueInMs = nextTestAt(contact, { afterMs, provenAt, pauses: passed + contact.failedTests }) - now()
    // Never longer than `afterMs`: a message that is sent meanwhile makes the test due earlier.
    if (dueInMs > 0) yield* Effect.sleep(Math.min(dueInMs, afterMs))
    else {
      const startedAt = now()
      const [isAlive] = yield* Effect.all([options.test, Effect.sleep(timeoutMs)], { concurrency: 2 })
      if (contact.heard !== heardBefore) {
        heardBefore = contact.heard
        passed += 1
        provenAt = contact.lastHeardAt ?? now()
        contact.failedTests = 0
      } else if (now() - startedAt <= 2 * timeoutMs) {
        if (isAlive) contact.failedTests += 1
        const silence: Silence = isAlive ? 'deaf' : 'silent'
        return silence
      }
      // Otherwise the process stood still meanwhile, and the test says nothing: another one follows.
    }
  }
})
