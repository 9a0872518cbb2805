// Hears the server's events: of all accounts, or, with a key for some of them, of these.
import { computed, effect, signal } from '@preact/signals'
import { followEvents } from '../events.ts'
import { session } from '../session.ts'
import { accounts } from './accounts.ts'

/** The account that is looked at. */
export const viewedAccountId = signal<string | undefined>(undefined)

/** The accounts whose events are heard, as text: as long as they are the same ones, nothing has to be asked for anew. */
const followed = computed(() =>
  session.value?.me.accounts === 'all' ? 'all' : accounts.value.map(({ accountId }) => accountId).join(',')
)

export const startEvents = (): void => {
  effect(() => {
    if (session.value === undefined || followed.value === '') return undefined
    return followEvents(session.value.client, followed.value === 'all' ? 'all' : followed.value.split(','))
  })
}
