// A message to somebody who has no thread yet: by number, or from the contacts.
import { useSignal } from '@preact/signals'
import { useLocation } from 'wouter-preact'
import { address } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Avatar } from '../../parts/avatar.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { AreaField, TextField } from '../../parts/fields.tsx'
import { Form, type Lack } from '../../parts/form.tsx'
import { useLoaded } from '../../parts/loaded.ts'
import { threadPath } from '../../routes.ts'
import { client } from '../../session.ts'

interface NewChatProps {
  readonly accountId: string
  readonly onClose: () => void
}

const Contacts = ({
  accountId,
  onChosen,
  q
}: {
  accountId: string
  q: string
  onChosen: (jid: string) => void
}) => {
  const { state } = useLoaded(
    () => client().call('contacts.list', { accountId, limit: 8, ...(q === '' ? {} : { q }) }),
    [accountId, q]
  )
  const contacts = state.value.value?.contacts ?? []
  return (
    <ul class="choose-list">
      {contacts.map(({ contactJid, name, phoneNumber, pushName }) => (
        <li key={contactJid}>
          <button type="button" onClick={() => onChosen(phoneNumber ?? contactJid)}>
            <Avatar id={contactJid} name={name ?? pushName} isGroup={false} />
            <span>
              <bdi>{name ?? pushName ?? address(contactJid)}</bdi>{' '}
              <span class="soft small" dir="ltr">
                {phoneNumber ?? ''}
              </span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}

export const NewChatDialog = ({ accountId, onClose }: NewChatProps) => {
  const [, navigate] = useLocation()
  const to = useSignal('')
  const text = useSignal('')
  const submit = async (): Promise<void> => {
    const { threadId } = await client().call('outbox.send', {
      accountId,
      body: { to: to.value.trim(), text: text.value.trim() }
    })
    onClose()
    navigate(threadPath(accountId, threadId))
  }
  const lackOf = (): Lack | undefined => {
    if (to.value.trim() === '') return { field: 'to', lack: t('lack.to') }
    return text.value.trim() === '' ? { field: 'text', lack: t('lack.text') } : undefined
  }
  return (
    <Dialog title={t('newChat.title')} onClose={onClose}>
      <Form action={t('composer.send')} icon="send" lackOf={lackOf} onSubmit={submit} onCancel={onClose}>
        <TextField
          name="to"
          label={t('newChat.to')}
          autofocus
          value={to.value}
          onInput={value => void (to.value = value)}
        />
        {!/^\+?\d{6,}/.test(to.value.replaceAll(/[\s()-]/g, '')) && !to.value.includes('@') && (
          <Contacts accountId={accountId} q={to.value.trim()} onChosen={jid => void (to.value = jid)} />
        )}
        <AreaField
          name="text"
          label={t('newChat.text')}
          rows={3}
          isProse
          value={text.value}
          onInput={value => void (text.value = value)}
        />
      </Form>
    </Dialog>
  )
}
