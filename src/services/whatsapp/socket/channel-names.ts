// Names of channels: posts do not carry them, so each is asked for once a connection, when the first post comes.
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { Effect, Schema } from 'effect'
import { chatJid } from '../../../domain/jid.ts'
import type { Conversations } from '../../conversations/apply.ts'
import { isOfChannel, postsIn } from '../convert/channel.ts'
import { nameOf } from './baileys-errors.ts'
import type { ConnectionRuntime } from './runtime.ts'

/** What this server reads of WhatsApp's answer. */
const Metadata = Schema.Struct({
  thread_metadata: Schema.Struct({ name: Schema.Struct({ text: Schema.String }) })
})
const decodeMetadata = Schema.decodeUnknownEffect(Metadata)

/** Nobody follows more channels. */
const MOST_ASKED = 1000

/** Notes which channels posts come from, and stores their names. */
export const makeChannelNames = (options: {
  readonly accountId: string
  readonly socket: WASocket
  readonly conversations: Conversations['Service']
  readonly runtime: ConnectionRuntime
}): ((stanza: BinaryNode) => void) => {
  const { accountId, conversations, runtime, socket } = options
  const asked = new Set<string>()

  const storeName = Effect.fnUntraced(
    function* (jid: string) {
      const answer: unknown = yield* Effect.tryPromise(() => socket.newsletterMetadata('jid', jid))
      const { thread_metadata: thread } = yield* decodeMetadata(answer)
      yield* conversations.apply(accountId, [{ kind: 'chat', chat: { jid }, name: thread.name.text }])
    },
    Effect.catch(error => Effect.logDebug('The name of a channel could not be asked for', nameOf(error)))
  )

  return stanza => {
    const jid = chatJid(stanza.attrs['from'])
    if (jid === undefined || !isOfChannel(stanza) || asked.has(jid) || asked.size >= MOST_ASKED) return
    if (postsIn(stanza).every(({ plaintext }) => plaintext === undefined)) return
    asked.add(jid)
    runtime.fork(storeName(jid))
  }
}
