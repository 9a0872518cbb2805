// Facts for tests: small ones, with what a test does not name filled in.
import { Effect } from 'effect'
import type { ChangeFact, Fact, MessageFact } from '../../../src/domain/fact.ts'
import { threadIdOf } from '../../../src/domain/ids.ts'
import { NO_DETAILS } from '../../../src/domain/message.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { ThreadStore } from '../../../src/services/conversations/thread-store.ts'
import { Ingest } from '../../../src/services/intake/ingest.ts'

export const ACCOUNT = 'acc-1'
export const ANN = '491@s.whatsapp.net'
export const ANN_LID = '77@lid'
export const GROUP = '120@g.us'
export const T0 = Date.UTC(2026, 0, 1)

export const message = (whatsAppId: string, extra: Partial<MessageFact> = {}): MessageFact => ({
  kind: 'message',
  chat: { jid: ANN },
  sender: { jid: ANN },
  whatsAppId,
  timestamp: T0,
  type: 'text',
  body: `body of ${whatsAppId}`,
  ...NO_DETAILS,
  mentions: [],
  event: null,
  quoted: null,
  status: 'received',
  reactions: [],
  raw: null,
  live: true,
  ...extra
})

export const change = (
  whatsAppId: string,
  changed: ChangeFact['change'],
  extra: Partial<ChangeFact> = {}
): ChangeFact => ({
  kind: 'change',
  chat: { jid: ANN },
  target: { sender: { jid: ANN }, whatsAppId },
  by: { jid: ANN },
  change: changed,
  ...extra
})

export const apply = (...facts: ReadonlyArray<Fact>) =>
  Ingest.use(ingest => ingest.apply(ACCOUNT, facts, Effect.void))
export const threads = ThreadStore.use(threads =>
  Effect.map(threads.list(ACCOUNT, { limit: 100 }), page => page.threads)
)
export const messagesOf = (jid: string) =>
  MessageStore.use(messages =>
    Effect.map(messages.list(threadIdOf(ACCOUNT, jid), { limit: 100 }), page => page.messages)
  )
