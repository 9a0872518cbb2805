// An account at a glance: the state in the machine's own word, what that means, how complete it is, and what can be done.
import { useLocation } from 'wouter-preact'
import type { Account } from '../../../client/index.ts'
import { address, clock, number, relative } from '../../format.ts'
import { t, tMaybe } from '../../i18n/i18n.ts'
import { PartsBar, ProgressBar } from '../../parts/bars.tsx'
import { Button } from '../../parts/button.tsx'
import { Menu, type MenuItem } from '../../parts/menu.tsx'
import { useLasting } from '../../parts/lasting.ts'
import { Notice } from '../../parts/notice.tsx'
import { accountPath, chatsPath } from '../../routes.ts'
import { client, may } from '../../session.ts'
import { isOnline, moodOf, needsLink, putAccount } from '../../state/accounts.ts'
import { tellDone } from '../../toasts.ts'

const isSyncing = ({ sync }: Account): boolean =>
  sync.chunksPending > 0 || (sync.percent !== null && sync.percent < 100)

export const StateBadge = ({ account }: { readonly account: Account }) => (
  <span class={`state ${moodOf(account)}`}>
    <i />
    <code>{account.state}</code>
  </span>
)

const Trouble = ({ account }: { readonly account: Account }) => {
  const { lastDisconnect, pairingFailure, restriction, suspension } = account
  return (
    <>
      {suspension && (
        <Notice kind="bad">
          <strong>{t('account.suspended')}</strong>
          <p>
            {suspension.reason}{' '}
            {suspension.until !== null && t('account.until', { when: relative(suspension.until) })}
          </p>
        </Notice>
      )}
      {restriction && (
        <Notice kind="warn">
          <strong>{t(`account.restriction.${restriction.kind}`)}</strong>
          <p>{t('account.until', { when: relative(restriction.until) })}</p>
        </Notice>
      )}
      {pairingFailure && !isOnline(account) && <Notice kind="bad">{pairingFailure.reason}</Notice>}
      {lastDisconnect && !pairingFailure && !suspension && moodOf(account) === 'bad' && (
        <Notice kind="bad">{lastDisconnect.reason}</Notice>
      )}
      {lastDisconnect && account.state === 'reconnecting' && (
        <p class="soft small">
          {t('account.reconnecting', {
            count: account.reconnectAttempts,
            reason: lastDisconnect.reason
          })}
        </p>
      )}
    </>
  )
}

/** How long the phone may take to announce the next part of its history. */
const BETWEEN_PARTS_MS = 4000

/** Each kind of part has a percentage of its own, and none says whether another kind follows: at its end the bar does not tell how far all of it is. */
const Sync = ({ account }: { readonly account: Account }) => {
  const { sync } = account
  const isComing = isSyncing(account)
  if (!useLasting(isComing, BETWEEN_PARTS_MS)) return null
  const pace = sync.messagesPerSecond > 0 ? t('account.pace', { count: sync.messagesPerSecond }) : ''
  const rest =
    sync.secondsLeft === null || !isComing ? '' : t('account.left', { time: clock(sync.secondsLeft) })
  return (
    <ProgressBar
      label={t('account.syncing', { count: sync.messages })}
      share={sync.percent === null || !isComing ? null : sync.percent / 100}
      note={[pace, rest].filter(text => text !== '').join(' · ')}
    />
  )
}

export const Coverage = ({ account: { coverage } }: { readonly account: Account }) => (
  <PartsBar
    label={t('account.coverage')}
    parts={(['complete', 'partial', 'unknown'] as const).map(look => ({
      look,
      name: t(`coverage.${look}`),
      count: coverage[look]
    }))}
  />
)

const ago = (at: number | null): string => (at === null ? t('account.never') : relative(at))

const Facts = ({ account }: { readonly account: Account }) => (
  <dl class="facts">
    <div>
      <dt>{t('account.messages')}</dt>
      <dd>{number(account.counts.messages)}</dd>
    </div>
    <div>
      <dt>{t('account.threads')}</dt>
      <dd>{number(account.counts.threads)}</dd>
    </div>
    <div>
      <dt>{t('account.heard')}</dt>
      <dd>{ago(account.lastHeardAt)}</dd>
    </div>
    <div>
      <dt>{t('account.sent')}</dt>
      <dd>{ago(account.lastSentAt)}</dd>
    </div>
  </dl>
)

const call = async (
  operation: 'accounts.connect' | 'accounts.disconnect' | 'accounts.restart',
  accountId: string
): Promise<void> => putAccount(await client().call(operation, { accountId }))

interface CardProps {
  readonly account: Account
  readonly onLogOut: () => void
  readonly onDelete: () => void
}

const menuItems = ({ account, onDelete, onLogOut }: CardProps): ReadonlyArray<MenuItem> => {
  const { accountId, jid } = account
  if (!may('operator')) return []
  const isStopped = account.state === 'stopped'
  return [
    ...(jid !== null && !isStopped
      ? [
          {
            icon: 'history',
            label: t('account.restart'),
            onSelect: async () => {
              await call('accounts.restart', accountId)
              tellDone(t('account.restarted'))
            }
          } as const,
          {
            icon: 'pause',
            label: t('account.disconnect'),
            onSelect: () => call('accounts.disconnect', accountId)
          } as const
        ]
      : []),
    ...(jid !== null && account.state !== 'loggedOut'
      ? [{ icon: 'signOut', label: t('account.logout'), onSelect: onLogOut, isDanger: true } as const]
      : []),
    ...(may('admin')
      ? [{ icon: 'trash', label: t('account.delete'), onSelect: onDelete, isDanger: true } as const]
      : [])
  ]
}

export const AccountCard = (props: CardProps) => {
  const { account } = props
  const [, navigate] = useLocation()
  const meaning = tMaybe(`state.${account.state}`)
  return (
    <article class={`card account ${moodOf(account)}`} aria-label={account.name}>
      <header>
        <div>
          <h2>
            <bdi>{account.name}</bdi>
          </h2>
          <p class="soft number" dir="ltr">
            {account.jid === null ? t('account.notLinked') : address(account.jid)}
          </p>
        </div>
        <Menu label={t('account.more', { name: account.name })} items={menuItems(props)} />
      </header>
      <p class="state-line">
        <StateBadge account={account} />
        <span>{meaning}</span>
      </p>
      <Trouble account={account} />
      <Sync account={account} />
      {account.counts.threads > 0 && <Coverage account={account} />}
      <Facts account={account} />
      <footer>
        {account.counts.threads > 0 && (
          <Button
            icon="chats"
            look={moodOf(account) === 'good' ? 'main' : 'plain'}
            onClick={() => navigate(chatsPath(account.accountId))}
          >
            {t('account.open')}
          </Button>
        )}
        {needsLink(account) && may('operator') && (
          <Button icon="link" look="main" onClick={() => navigate(accountPath(account.accountId))}>
            {t('account.link')}
          </Button>
        )}
        {!needsLink(account) &&
          ['stopped', 'replaced', 'failed', 'suspended'].includes(account.state) &&
          may('operator') && (
            <Button icon="bolt" look="main" onClick={() => call('accounts.connect', account.accountId)}>
              {t('account.connect')}
            </Button>
          )}
      </footer>
    </article>
  )
}
