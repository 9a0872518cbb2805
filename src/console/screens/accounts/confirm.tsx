// What cannot be taken back: logging out, and deleting, which asks for the account's name.
import { useSignal } from '@preact/signals'
import type { Account } from '../../../client/index.ts'
import { number } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { client } from '../../session.ts'
import { forgetAccount, putAccount } from '../../state/accounts.ts'
import { tellDone } from '../../toasts.ts'

interface ConfirmProps {
  readonly account: Account
  readonly onClose: () => void
}

export const LogOutDialog = ({ account, onClose }: ConfirmProps) => (
  <Dialog title={t('logout.title', { name: account.name })} onClose={onClose}>
    <p>{t('logout.text')}</p>
    <footer>
      <Button onClick={onClose}>{t('cancel')}</Button>
      <Button
        look="danger"
        onClick={async () => {
          putAccount(await client().call('accounts.logout', { accountId: account.accountId }))
          onClose()
        }}
      >
        {t('account.logout')}
      </Button>
    </footer>
  </Dialog>
)

export const DeleteDialog = ({ account, onClose }: ConfirmProps) => {
  const typed = useSignal('')
  const { accountId, counts, name } = account
  return (
    <Dialog title={t('delete.title', { name })} onClose={onClose}>
      <p>{t('delete.text', { messages: number(counts.messages), threads: number(counts.threads) })}</p>
      <label class="field">
        <span>{t('delete.type', { name })}</span>
        <input
          value={typed.value}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
        />
      </label>
      <footer>
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button
          look="danger"
          disabled={typed.value.trim() !== name.trim()}
          onClick={async () => {
            await client().call('accounts.remove', { accountId })
            forgetAccount(accountId)
            tellDone(t('delete.done', { name }))
            onClose()
          }}
        >
          {t('account.delete')}
        </Button>
      </footer>
    </Dialog>
  )
}
