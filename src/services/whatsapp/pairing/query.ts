// Queries to WhatsApp about a device that is being linked.
import { type BinaryNode, S_WHATSAPP_NET, type WASocket } from '@whiskeysockets/baileys'
import { Effect, Schema } from 'effect'

const TIMEOUT = '20 seconds'

/** WhatsApp refused a query, with its code; 0 when it did not answer. */
export class QueryRefused extends Schema.TaggedError<QueryRefused>()('QueryRefused', {
  code: Schema.Finite
}) {}

/** The code of an `iq` of type `error`, from the error that Baileys makes of it. */
const codeIn = (cause: unknown): number =>
  typeof cause === 'object' && cause !== null && 'data' in cause && typeof cause.data === 'number'
    ? cause.data
    : 0

/** Sends one child in an `iq` of `md`; succeeds with WhatsApp's answer. */
export const ask = (
  socket: WASocket,
  type: 'get' | 'set',
  child: BinaryNode
): Effect.Effect<BinaryNode, QueryRefused> => {
  const iq: BinaryNode = { tag: 'iq', attrs: { to: S_WHATSAPP_NET, type, xmlns: 'md' }, content: [child] }
  return Effect.tryPromise({
    try: () => socket.query(iq),
    catch: cause => new QueryRefused({ code: codeIn(cause) })
  }).pipe(
    Effect.timeoutOrElse({ duration: TIMEOUT, orElse: () => Effect.fail(new QueryRefused({ code: 0 })) }),
    Effect.filterOrFail(
      (answer: BinaryNode | undefined) => answer !== undefined,
      () => new QueryRefused({ code: 0 })
    )
  )
}

export const leaf = (tag: string, content?: Uint8Array): BinaryNode =>
  content === undefined ? { tag, attrs: {} } : { tag, attrs: {}, content }
