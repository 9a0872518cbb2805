// What cannot be taken back: logging out, and deleting, which asks for the account's name.
import { useSignal } from '@preact/signals'
import type { Account } from '../../../client/index.ts'
import { number } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/fields.tsx'
import { Form } from '../../parts/form.tsx'
import { client } from '../../session.ts'
import { forgetAccount, putAccount } from '../../state/accounts.ts'
import { tellDone } from '../../toasts.ts'

interface ConfirmProps {
  readonly account: Account
  readonly onClose: () => void
}

export const LogOutDialog = ({ account: { accountId, name }, onClose }: ConfirmProps) => (
  <Confirm
    title={t('logout.title', { name })}
    text={t('logout.text')}
    action={t('account.logout')}
    onConfirm={async () => putAccount(await client().call('accounts.logout', { accountId }))}
    onClose={onClose}
  />
)

export const DeleteDialog = ({ account, onClose }: ConfirmProps) => {
  const typed = useSignal('')
  const { accountId, counts, name } = account
  return (
    <Dialog title={t('delete.title', { name })} onClose={onClose}>
      <p>{t('delete.text', { messages: number(counts.messages), threads: number(counts.threads) })}</p>
      <Form
        action={t('account.delete')}
        look="danger"
        lackOf={() =>
          typed.value.trim() === name.trim()
            ? undefined
            : { field: 'name', lack: t('lack.sameName', { name }) }
        }
        onCancel={onClose}
        onSubmit={async () => {
          await client().call('accounts.remove', { accountId })
          forgetAccount(accountId)
          tellDone(t('delete.done', { name }))
          onClose()
        }}
      >
        <TextField
          name="name"
          label={t('delete.type', { name })}
          autofocus
          value={typed.value}
          onInput={value => void (typed.value = value)}
        />
      </Form>
    </Dialog>
  )
}
