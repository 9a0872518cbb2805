// Of which account a list is.
import { signal } from '@preact/signals'
import type { ComponentChild } from 'preact'
import { t } from '../../i18n/i18n.ts'
import { Empty } from '../../parts/notice.tsx'
import { accounts } from '../../state/accounts.ts'
import { viewedAccountId } from '../../state/live.ts'

const chosen = signal<string | undefined>(undefined)

interface Props {
  readonly children: (accountId: string) => ComponentChild
}

/** What is drawn for the chosen account, below the choice where there are several. */
export const ForAccount = ({ children }: Props) => {
  const all = accounts.value
  const wanted = chosen.value ?? viewedAccountId.value
  const present = all.find(({ accountId }) => accountId === wanted) ?? all[0]
  if (present === undefined)
    return (
      <Empty icon="phone" title={t('accounts.emptyTitle')}>
        <p>{t('accounts.emptyText')}</p>
      </Empty>
    )
  return (
    <>
      {all.length > 1 && (
        <label class="field account-field">
          <span>{t('activity.account')}</span>
          <select
            value={present.accountId}
            onChange={({ currentTarget }) => (chosen.value = currentTarget.value)}
          >
            {all.map(({ accountId, name }) => (
              <option key={accountId} value={accountId}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {children(present.accountId)}
    </>
  )
}
