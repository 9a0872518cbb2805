// What waits to be sent for an account, and why: beside the messages that it is about.
import { signal } from '@preact/signals'
import type { OutboxEntry } from '../../client/index.ts'
import { onChange, onComeback } from '../events.ts'
import { client } from '../session.ts'
import { paced } from './pacing.ts'

const PACE_MS = 600
/** An entry may come due without an event. */
const REFRESH_MS = 10_000
const MOST = 100

/** By message. */
export const waiting = signal<ReadonlyMap<string, OutboxEntry>>(new Map())

const keyOf = ({ messageId, threadId }: Pick<OutboxEntry, 'messageId' | 'threadId'>): string =>
  `${threadId}~${messageId}`

export const waitingFor = (message: {
  readonly threadId: string
  readonly messageId: string
}): OutboxEntry | undefined => waiting.value.get(keyOf(message))

const read = async (accountId: string): Promise<void> => {
  const [queued, sending] = await Promise.all(
    (['queued', 'sending'] as const).map(status =>
      client().call('outbox.list', { accountId, status, limit: MOST })
    )
  )
  const entries = [...(queued?.entries ?? []), ...(sending?.entries ?? [])]
  waiting.value = new Map(entries.map(entry => [keyOf(entry), entry]))
}

/** Follows what waits in this account, until the returned function is called. */
export const followOutbox = (accountId: string): (() => void) => {
  const reload = paced(PACE_MS, () => read(accountId))
  reload(accountId)
  const timer = setInterval(() => {
    if (waiting.value.size > 0) reload(accountId)
  }, REFRESH_MS)
  const stops = [
    onChange(change => {
      const isMine = 'accountId' in change && change.accountId === accountId
      if (isMine && (change.what === 'message' || change.what === 'outbox')) reload(accountId)
    }),
    onComeback(() => reload(accountId))
  ]
  return () => {
    clearInterval(timer)
    for (const stop of stops) stop()
    waiting.value = new Map()
  }
}
