// Asks WhatsApp who has phone numbers: what was answered within a day is not asked again, and the questions of an account are
// asked one after the other, with a pause. WhatsApp refuses accounts that ask a lot.
import { Clock, Effect, Semaphore } from 'effect'
import { SqlClient } from 'effect/sql'
import type { DatabaseError } from '../../database/error.ts'
import type { AccountMemory } from '../../process/account-memory.ts'
import { type AskRefused, NotConfirmed, type NotConnected } from '../errors.ts'
import type { OpenConnections } from '../open-connections.ts'
import { type NumberAnswer, rememberAnswers, rememberedAnswers } from './answers.ts'
import { answersIn, numberQuestion } from './question.ts'

/** How many numbers one question names at most. */
export const MOST_NUMBERS = 50
/** Between two questions of an account. */
const PAUSE_MS = 1000

interface Questions {
  readonly queue: Semaphore.Semaphore
  /** When the next question may be asked, milliseconds since 1970. */
  nextAt: number
}

/** Completes when the account may ask, in the order of those who wait. */
const passInTurn = Effect.fnUntraced(function* (questions: Questions) {
  const now = yield* Clock.currentTimeMillis
  const early = Math.min(questions.nextAt - now, PAUSE_MS)
  if (early > 0) yield* Effect.sleep(early)
  questions.nextAt = (yield* Clock.currentTimeMillis) + PAUSE_MS
})

interface CheckOptions {
  readonly connections: OpenConnections
  readonly memory: AccountMemory['Service']
  readonly sql: SqlClient.SqlClient
  /** How long an answer is waited for. */
  readonly timeoutMs: number
}

/** Asks about numbers of which nothing is remembered, and remembers the answers. */
const makeAsk = ({ connections, timeoutMs }: CheckOptions) =>
  Effect.fnUntraced(function* (accountId: string, phoneJids: ReadonlyArray<string>) {
    const { socket } = yield* connections.get(accountId)
    const unanswered = () => connections.unanswered(accountId, socket)
    const question = numberQuestion(phoneJids, socket.generateMessageTag())
    const failed = (cause: unknown) => connections.failed(accountId, socket, cause)
    const answer = yield* Effect.tryPromise({ try: () => socket.query(question), catch: failed }).pipe(
      Effect.timeoutOrElse({ duration: timeoutMs, orElse: () => Effect.fail(unanswered()) })
    )
    const now = yield* Clock.currentTimeMillis
    const answers = answersIn(answer, phoneJids, now)
    yield* rememberAnswers(accountId, answers, now)
    return answers
  })

/**
 * Answers in the order of the numbers, which are addresses on `s.whatsapp.net`; at most `MOST_NUMBERS`. Fails when the account is
 * offline and something has to be asked, and when WhatsApp does not answer about each of them.
 */
export const makeNumberCheck = (options: CheckOptions) => {
  const questionsOf = options.memory.perAccount('whatsapp.numberQuestions', (): Questions => ({
    queue: Semaphore.makeUnsafe(1),
    nextAt: 0
  }))
  const ask = makeAsk(options)

  const remembered = Effect.fnUntraced(function* (accountId: string, phoneJids: ReadonlyArray<string>) {
    const known = yield* rememberedAnswers(accountId, phoneJids, yield* Clock.currentTimeMillis)
    return { known, unknown: [...new Set(phoneJids.filter(jid => !known.has(jid)))] }
  })

  /** In turn: what is remembered by now, and the rest as WhatsApp says. */
  const askForRest = Effect.fnUntraced(function* (
    accountId: string,
    phoneJids: ReadonlyArray<string>,
    questions: Questions
  ) {
    // Whoever asked before may have asked about these too.
    const { known, unknown } = yield* remembered(accountId, phoneJids)
    if (unknown.length === 0) return known
    yield* options.connections.get(accountId)
    yield* passInTurn(questions)
    const answers = yield* ask(accountId, unknown)
    return new Map([...known, ...answers.map(answer => [answer.askedJid, answer] as const)])
  })

  return Effect.fn('WhatsApp.checkNumbers')(
    function* (
      accountId: string,
      phoneJids: ReadonlyArray<string>
    ): Effect.fn.Return<
      ReadonlyArray<NumberAnswer>,
      AskRefused | DatabaseError | NotConfirmed | NotConnected,
      SqlClient.SqlClient
    > {
      const questions = questionsOf.get(accountId)
      const before = yield* remembered(accountId, phoneJids)
      const known =
        before.unknown.length === 0
          ? before.known
          : yield* questions.queue.withPermit(askForRest(accountId, phoneJids, questions))
      const answers = phoneJids.flatMap(jid => known.get(jid) ?? [])
      return answers.length === phoneJids.length ? answers : yield* new NotConfirmed({})
    },
    Effect.provideService(SqlClient.SqlClient, options.sql)
  )
}
