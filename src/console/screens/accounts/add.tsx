// A new account: to be linked to a phone, or from a session of another server.
import { useSignal } from '@preact/signals'
import { t } from '../../i18n/i18n.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { FileField, TextField } from '../../parts/fields.tsx'
import { Form, type Lack } from '../../parts/form.tsx'
import { client } from '../../session.ts'
import { putAccount } from '../../state/accounts.ts'
import { tellDone } from '../../toasts.ts'

interface AddProps {
  readonly onClose: () => void
  /** The account is there and is to be linked. */
  readonly onMade: (accountId: string) => void
}

export const AddDialog = ({ onClose, onMade }: AddProps) => {
  const name = useSignal('')
  const session = useSignal<File | undefined>(undefined)
  const isMoving = useSignal(false)
  const lackOf = (): Lack | undefined => {
    if (name.value.trim() === '') return { field: 'name', lack: t('lack.name') }
    return isMoving.value && session.value === undefined
      ? { field: 'session', lack: t('lack.session') }
      : undefined
  }
  const create = async (): Promise<void> => {
    const account = await client().call('accounts.create', { body: { name: name.value.trim() } })
    putAccount(account)
    onMade(account.accountId)
  }
  const bring = async (file: File): Promise<void> => {
    const body = new FormData()
    body.set('name', name.value.trim())
    body.set('file', file)
    const { account } = await client().call('accounts.import', { body })
    putAccount(account)
    tellDone(t('import.done', { name: account.name }))
    onClose()
  }
  return (
    <Dialog title={t('add.title')} onClose={onClose}>
      <Form
        action={t(isMoving.value ? 'import.submit' : 'add.submit')}
        lackOf={lackOf}
        onSubmit={() => (isMoving.value && session.value !== undefined ? bring(session.value) : create())}
        onCancel={onClose}
      >
        <TextField
          name="name"
          label={t('add.name')}
          autofocus
          maxLength={100}
          placeholder={t('add.nameExample')}
          value={name.value}
          onInput={value => void (name.value = value)}
        />
        <details class="more" onToggle={({ currentTarget }) => void (isMoving.value = currentTarget.open)}>
          <summary>{t('import.title')}</summary>
          <p class="soft">{t('import.text')}</p>
          <FileField
            name="session"
            label={t('import.file')}
            accept=".zip,.json,application/zip,application/json"
            onChosen={file => void (session.value = file)}
          />
        </details>
      </Form>
    </Dialog>
  )
}
