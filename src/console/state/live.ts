// Hears the server's events: of all accounts, or, with a key for some of them, of the one that is looked at.
import { computed, effect, signal } from '@preact/signals'
import { followEvents } from '../events.ts'
import { session } from '../session.ts'
import { accounts } from './accounts.ts'

/** The account that is looked at. */
export const viewedAccountId = signal<string | undefined>(undefined)

/** The one account whose events are heard; `undefined` for all, or none. */
const followed = computed(() =>
  session.value?.me.accounts === 'all' ? undefined : (viewedAccountId.value ?? accounts.value[0]?.accountId)
)

export const startEvents = (): void => {
  effect(() => {
    if (session.value === undefined) return undefined
    const { client, me } = session.value
    const accountId = followed.value
    return me.accounts !== 'all' && accountId === undefined ? undefined : followEvents(client, accountId)
  })
}
