// WhatsApp's acknowledgements of messages that were sent on one connection: each sender waits for its own. One that comes when its
// sender has stopped waiting is the answer to the next one who sends this message.
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { Deferred, Effect, Exit } from 'effect'
import { millisecondsOf, secondsToMilliseconds } from '../convert/numbers.ts'
import { SendRefused } from '../errors.ts'
import { refusal } from './baileys-errors.ts'
import type { ConnectionRuntime } from './runtime.ts'

export interface Acknowledgements {
  /**
   * Sends, then waits until WhatsApp acknowledges the message of this id. Succeeds with the time WhatsApp took it at
   * (milliseconds since 1970), if it says so. Sends nothing if the acknowledgement of an earlier try has come meanwhile. The
   * caller limits the wait.
   */
  readonly awaitAfter: <E>(
    messageId: string,
    sending: Effect.Effect<unknown, E>
  ) => Effect.Effect<number | undefined, E | SendRefused>
}

type Answer = Exit.Exit<number | undefined, SendRefused>

const outcomeOf = ({ attrs }: BinaryNode): Answer => {
  const code = Number(attrs['error'] ?? 0)
  return code === 0
    ? Exit.succeed(millisecondsOf(secondsToMilliseconds(attrs['t'])))
    : Exit.fail(new SendRefused({ code, reason: refusal(code) }))
}

/** Messages whose senders have stopped waiting; those of long ago are forgotten. */
const MOST_LATE = 1000

/** The answers that came, or may still come, when nobody waited for them. */
const makeLateAnswers = () => {
  const answers = new Map<string, Answer | undefined>()
  return {
    /** Nobody waits for this one any more; `answer` if it has come. */
    expect: (messageId: string, answer: Answer | undefined): void => {
      answers.set(messageId, answer)
      const [oldest] = answers.keys()
      if (answers.size > MOST_LATE && oldest !== undefined) answers.delete(oldest)
    },
    note: (messageId: string, answer: Answer): void => {
      if (answers.has(messageId)) answers.set(messageId, answer)
    },
    take: (messageId: string): Answer | undefined => {
      const answer = answers.get(messageId)
      answers.delete(messageId)
      return answer
    }
  }
}

export const makeAcknowledgements = (
  socket: WASocket,
  { detached }: ConnectionRuntime,
  /** Called before each message. */
  onSending: () => void
): Acknowledgements => {
  const waiting = new Map<string, (answer: Answer) => void>()
  const late = makeLateAnswers()
  socket.ws.on('CB:ack,class:message', (node: BinaryNode) => {
    const messageId = node.attrs['id'] ?? ''
    const answered = waiting.get(messageId)
    if (answered === undefined) late.note(messageId, outcomeOf(node))
    else answered(outcomeOf(node))
  })
  return {
    awaitAfter: (messageId, sending) =>
      Effect.suspend(() => {
        const before = late.take(messageId)
        if (before !== undefined) return before
        let answer: Answer | undefined
        const acknowledged = Deferred.makeUnsafe<number | undefined, SendRefused>()
        waiting.set(messageId, given => {
          answer = given
          detached(() => Deferred.doneUnsafe(acknowledged, given))
        })
        onSending()
        return sending.pipe(
          Effect.andThen(Deferred.await(acknowledged)),
          Effect.onInterrupt(() => Effect.sync(() => late.expect(messageId, answer))),
          Effect.ensuring(Effect.sync(() => waiting.delete(messageId)))
        )
      })
  }
}
