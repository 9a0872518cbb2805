// A new account: to be linked to a phone, or from a session of another server.
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
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
  const file = useRef<HTMLInputElement>(null)
  const hasFile = useSignal(false)
  const create = async (): Promise<void> => {
    const account = await client().call('accounts.create', { body: { name: name.value.trim() } })
    putAccount(account)
    onMade(account.accountId)
  }
  const bring = async (): Promise<void> => {
    const session = file.current?.files?.[0]
    if (session === undefined) return
    const body = new FormData()
    body.set('name', name.value.trim())
    body.set('file', session)
    const { account } = await client().call('accounts.import', { body })
    putAccount(account)
    tellDone(t('import.done', { name: account.name }))
    onClose()
  }
  const isNamed = name.value.trim() !== ''
  return (
    <Dialog title={t('add.title')} onClose={onClose}>
      <form
        onSubmit={event => {
          event.preventDefault()
        }}
      >
        <label class="field">
          <span>{t('add.name')}</span>
          <input
            autofocus
            maxLength={100}
            placeholder={t('add.nameExample')}
            value={name.value}
            onInput={({ currentTarget }) => (name.value = currentTarget.value)}
          />
        </label>
        <details class="more">
          <summary>{t('import.title')}</summary>
          <p class="soft">{t('import.text')}</p>
          <label class="field">
            <span>{t('import.file')}</span>
            <input
              ref={file}
              type="file"
              accept=".zip,.json,application/zip,application/json"
              onChange={({ currentTarget }) => (hasFile.value = (currentTarget.files?.length ?? 0) > 0)}
            />
          </label>
          <Button disabled={!isNamed || !hasFile.value} onClick={bring}>
            {t('import.submit')}
          </Button>
        </details>
        <footer>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="main" disabled={!isNamed} onClick={create}>
            {t('add.submit')}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}
