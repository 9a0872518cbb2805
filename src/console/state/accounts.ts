// The accounts that the key may see, as they are now.
import { computed, signal } from '@preact/signals'
import type { Account, AccountState } from '../../client/index.ts'
import { onChange, onComeback } from '../events.ts'
import { client, duringSession } from '../session.ts'
import { paced } from './pacing.ts'

const PACE_MS = 800
/** Times pass, and not everything has an event. */
const REFRESH_MS = 20_000

const byId = signal<ReadonlyMap<string, Account>>(new Map())
/** Whether the list was read. */
export const accountsKnown = signal(false)
/** Why it could not be read the last time. */
export const accountsError = signal<unknown>(undefined)

export const accounts = computed(() => [...byId.value.values()].toSorted((a, b) => a.createdAt - b.createdAt))
export const accountOf = (accountId: string): Account | undefined => byId.value.get(accountId)

export const putAccount = (account: Account): void => {
  byId.value = new Map(byId.value).set(account.accountId, account)
}

export const forgetAccount = (accountId: string): void => {
  byId.value = new Map([...byId.value].filter(([id]) => id !== accountId))
}

export const loadAccounts = async (): Promise<void> => {
  const { accounts: found } = await client().call('accounts.list')
  byId.value = new Map(found.map(account => [account.accountId, account]))
  accountsKnown.value = true
  accountsError.value = undefined
}

export const reloadAccount = paced(PACE_MS, async accountId => {
  putAccount(await client().call('accounts.get', { accountId }))
})

const refresh = (): void => void loadAccounts().catch(error => void (accountsError.value = error))

const keepUp = (): (() => void) => {
  refresh()
  const timer = setInterval(() => refresh(), REFRESH_MS)
  const stopHearing = onChange(change => {
    if (change.what === 'account' || change.what === 'progress' || change.what === 'message')
      reloadAccount(change.accountId)
  })
  const stopComeback = onComeback(() => refresh())
  return () => {
    clearInterval(timer)
    stopHearing()
    stopComeback()
    byId.value = new Map()
    accountsKnown.value = false
    accountsError.value = undefined
  }
}

export const startAccounts = (): void => duringSession(keepUp)

/** How a state is to be seen: it works, it is on its way, it waits for a person, or it is at rest. */
export type Mood = 'good' | 'busy' | 'bad' | 'idle'

const MOODS: Readonly<Record<AccountState, Mood>> = {
  stopped: 'idle',
  pairing: 'busy',
  'pairing.passkey.requested': 'busy',
  'pairing.passkey.submitted': 'busy',
  'pairing.passkey.confirming': 'busy',
  connecting: 'busy',
  open: 'good',
  backfilling: 'good',
  loggingOut: 'busy',
  reconnecting: 'busy',
  suspended: 'bad',
  loggedOut: 'bad',
  replaced: 'bad',
  banned: 'bad',
  locked: 'bad',
  failed: 'bad'
}

export const moodOf = ({ state }: Pick<Account, 'state'>): Mood => MOODS[state]
export const isOnline = ({ state }: Account): boolean => state === 'open' || state === 'backfilling'
export const isPairing = ({ state }: Account): boolean => state.startsWith('pairing')
/** Whether it has to be linked to go on. */
export const needsLink = (account: Account): boolean =>
  account.state === 'loggedOut' || isPairing(account) || (account.state === 'stopped' && account.jid === null)
