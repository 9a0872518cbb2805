// WhatsApp's acknowledgements of messages that were sent on one connection: each sender waits for its own.
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { Deferred, Effect, Exit } from 'effect'
import { millisecondsOf, secondsToMilliseconds } from '../convert/numbers.ts'
import { SendRefused } from '../errors.ts'
import { refusal } from './baileys-errors.ts'
import type { ConnectionRuntime } from './runtime.ts'

export interface Acknowledgements {
  /**
   * Sends, then waits until WhatsApp acknowledges the message of this id. Succeeds with the time WhatsApp took it at
   * (milliseconds since 1970), if it says so. The caller limits the wait.
   */
  readonly awaitAfter: <E>(
    messageId: string,
    sending: Effect.Effect<unknown, E>
  ) => Effect.Effect<number | undefined, E | SendRefused>
}

const outcomeOf = ({ attrs }: BinaryNode): Exit.Exit<number | undefined, SendRefused> => {
  const code = Number(attrs['error'] ?? 0)
  return code === 0
    ? Exit.succeed(millisecondsOf(secondsToMilliseconds(attrs['t'])))
    : Exit.fail(new SendRefused({ code, reason: refusal(code) }))
}

export const makeAcknowledgements = (
  socket: WASocket,
  { detached }: ConnectionRuntime,
  /** Called before each message. */
  onSending: () => void
): Acknowledgements => {
  const waiting = new Map<string, Deferred.Deferred<number | undefined, SendRefused>>()
  socket.ws.on('CB:ack,class:message', (node: BinaryNode) => {
    const acknowledged = waiting.get(node.attrs['id'] ?? '')
    if (acknowledged !== undefined) detached(() => Deferred.doneUnsafe(acknowledged, outcomeOf(node)))
  })
  return {
    awaitAfter: (messageId, sending) =>
      Effect.suspend(() => {
        const acknowledged = Deferred.makeUnsafe<number | undefined, SendRefused>()
        waiting.set(messageId, acknowledged)
        onSending()
        return sending.pipe(
          Effect.andThen(Deferred.await(acknowledged)),
          Effect.ensuring(Effect.sync(() => waiting.delete(messageId)))
        )
      })
  }
}
