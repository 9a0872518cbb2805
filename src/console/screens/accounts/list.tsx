// All accounts, live, and the dialogs about one of them.
import { useSignal } from '@preact/signals'
import { useLocation } from 'wouter-preact'
import { number } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { NoAccount } from '../../parts/gone.tsx'
import { Empty, Failure, NotRefreshed } from '../../parts/notice.tsx'
import { accountPath, accountsPath } from '../../routes.ts'
import { mayAll, may } from '../../session.ts'
import { useShortcuts } from '../../shortcuts.tsx'
import {
  accountOf,
  accounts,
  accountsError,
  accountsKnown,
  isOnline,
  loadAccounts
} from '../../state/accounts.ts'
import { AddDialog } from './add.tsx'
import { AccountCard } from './card.tsx'
import { DeleteDialog, LogOutDialog } from './confirm.tsx'
import { LinkDialog } from './link.tsx'

type Opened =
  | { readonly dialog: 'add' }
  | { readonly dialog: 'logOut' | 'delete'; readonly accountId: string }

const Nothing = ({ onAdd }: { readonly onAdd: () => void }) => (
  <Empty icon="phone" title={t('accounts.emptyTitle')}>
    <p>{t(mayAll('operator') ? 'accounts.emptyText' : 'accounts.emptyNoAccess')}</p>
    {mayAll('operator') && (
      <Button look="main" icon="plus" onClick={onAdd}>
        {t('add.title')}
      </Button>
    )}
  </Empty>
)

const summary = (): string => {
  const messages = accounts.value.reduce((sum, { counts }) => sum + counts.messages, 0)
  return t('accounts.summary', {
    count: accounts.value.length,
    online: accounts.value.filter(isOnline).length,
    messages: number(messages)
  })
}

const Cards = ({ onOpen }: { readonly onOpen: (opened: Opened) => void }) => {
  const error = accountsError.value
  if (!accountsKnown.value && error !== undefined) return <Failure error={error} retry={loadAccounts} />
  if (!accountsKnown.value) return <p class="waiting">{t('loading')}</p>
  if (accounts.value.length === 0) return <Nothing onAdd={() => onOpen({ dialog: 'add' })} />
  return (
    <>
      <NotRefreshed error={error} />
      <div class="cards">
        {accounts.value.map(account => (
          <AccountCard
            key={account.accountId}
            account={account}
            onLogOut={() => onOpen({ dialog: 'logOut', accountId: account.accountId })}
            onDelete={() => onOpen({ dialog: 'delete', accountId: account.accountId })}
          />
        ))}
      </div>
    </>
  )
}

export const AccountsScreen = ({ opened: linking }: { readonly opened?: string | undefined }) => {
  const opened = useSignal<Opened | undefined>(undefined)
  const [, navigate] = useLocation()
  const close = (): void => {
    opened.value = undefined
  }
  const mayAdd = mayAll('operator')
  useShortcuts(
    mayAdd ? [{ key: 'a', label: 'add.title', run: () => void (opened.value = { dialog: 'add' }) }] : [],
    [mayAdd]
  )
  const one =
    opened.value !== undefined && 'accountId' in opened.value ? accountOf(opened.value.accountId) : undefined
  const toLink = linking === undefined ? undefined : accountOf(linking)
  if (linking !== undefined && toLink === undefined && accountsKnown.value) return <NoAccount />
  return (
    <div class="page">
      <header class="page-head">
        <div>
          <h1>{t('nav.accounts')}</h1>
          {accounts.value.length > 0 && <p class="soft">{summary()}</p>}
        </div>
        {mayAdd && accounts.value.length > 0 && (
          <Button look="main" icon="plus" onClick={() => void (opened.value = { dialog: 'add' })}>
            {t('add.title')}
          </Button>
        )}
      </header>
      <Cards onOpen={dialog => void (opened.value = dialog)} />
      {opened.value?.dialog === 'add' && (
        <AddDialog
          onClose={close}
          onMade={accountId => {
            close()
            navigate(accountPath(accountId))
          }}
        />
      )}
      {one && opened.value?.dialog === 'logOut' && <LogOutDialog account={one} onClose={close} />}
      {one && opened.value?.dialog === 'delete' && <DeleteDialog account={one} onClose={close} />}
      {toLink && may('operator') && <LinkDialog account={toLink} onClose={() => navigate(accountsPath)} />}
    </div>
  )
}
