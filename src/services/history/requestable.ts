// Which threads the phone is asked about, in SQL: the rule itself is `hasHistoryOnRequest`.
import { SERVERS_WITHOUT_HISTORY } from '../../domain/jid.ts'

/** Condition on a column of thread ids, which end in the address of the chat. */
export const isRequestable = (threadId: string): string =>
  `(${SERVERS_WITHOUT_HISTORY.map(server => `${threadId} NOT LIKE '%@${server}'`).join(' AND ')})`
