// What threads are called, where only their ids are at hand: each is asked for once, when it is shown.
import { signal } from '@preact/signals'
import { addressIn } from '../format.ts'
import { client, duringSession } from '../session.ts'

const names = signal<ReadonlyMap<string, string>>(new Map())
const asked = new Set<string>()

const ask = async (threadId: string): Promise<void> => {
  const { displayName } = await client().call('threads.thread', { threadId })
  if (displayName !== null) names.value = new Map(names.value).set(threadId, displayName)
}

/** Its address, until its name is known; where it has none, or cannot be read, that stays. */
export const threadName = (threadId: string): string => {
  if (!asked.has(threadId)) {
    asked.add(threadId)
    ask(threadId).catch(() => undefined)
  }
  return names.value.get(threadId) ?? addressIn(threadId)
}

/** Another key may not know them. */
export const startThreadNames = (): void =>
  duringSession(() => () => {
    names.value = new Map()
    asked.clear()
  })
