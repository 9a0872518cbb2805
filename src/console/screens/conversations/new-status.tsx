// A status: a text, or a file, from here or from the web, with what is said about it, for everyone whom the owner shows statuses.
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { t } from '../../i18n/i18n.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { AreaField, FileField, TextField } from '../../parts/fields.tsx'
import { Form, type Lack } from '../../parts/form.tsx'
import { isWebAddress } from '../../parts/written.ts'
import { threadPath } from '../../routes.ts'
import { client } from '../../session.ts'
import { STATUSES } from '../../state/threads.ts'
import { newAttempt } from './acts.ts'
import { POSTED_FILES } from './files.tsx'

interface NewStatusProps {
  readonly accountId: string
  readonly onClose: () => void
}

interface Status {
  readonly text: string
  readonly file: File | undefined
  /** Of a file that the server fetches. */
  readonly link: string
  readonly idempotencyKey: string
}

/** By its name: what it is, only the server sees. */
const isSound = (link: string): boolean => /\.(og[ag]|opus|mp3|m4a|aac|wav)$/i.test(new URL(link).pathname)

const mediaOf = (link: string, text: string) =>
  isSound(link)
    ? { url: link, type: 'voice' as const }
    : { url: link, ...(text === '' ? {} : { caption: text }) }

const requestOf = ({ file, idempotencyKey, link, text }: Status) => {
  if (file === undefined) {
    const content = link === '' ? { text } : { media: mediaOf(link, text) }
    return { to: STATUSES, ...content, idempotencyKey }
  }
  const form = new FormData()
  form.set('to', STATUSES)
  form.set('file', file)
  form.set('idempotencyKey', idempotencyKey)
  if (file.type.startsWith('audio/')) form.set('type', 'voice')
  // A voice message has no caption.
  else if (text !== '') form.set('caption', text)
  return form
}

export const NewStatusDialog = ({ accountId, onClose }: NewStatusProps) => {
  const [, navigate] = useLocation()
  const text = useSignal('')
  const file = useSignal<File | undefined>(undefined)
  const typed = useSignal('')
  const written = text.value.trim()
  const link = file.value === undefined ? typed.value.trim() : ''
  const idempotencyKey = useMemo(newAttempt, [written, file.value, link])
  const submit = async (): Promise<void> => {
    const body = requestOf({ text: written, file: file.value, link, idempotencyKey })
    const { threadId } = await client().call('outbox.send', { accountId, body })
    onClose()
    navigate(threadPath(accountId, threadId))
  }
  const lackOf = (): Lack | undefined => {
    if (link !== '') return isWebAddress(link) ? undefined : { field: 'link', lack: t('lack.url') }
    return written === '' && file.value === undefined ? { field: 'text', lack: t('lack.text') } : undefined
  }
  return (
    <Dialog title={t('newStatus.title')} onClose={onClose}>
      <p class="soft">{t('newStatus.audience')}</p>
      <Form action={t('newStatus.post')} icon="send" lackOf={lackOf} onSubmit={submit} onCancel={onClose}>
        <AreaField
          name="text"
          label={t('newStatus.text')}
          rows={3}
          isProse
          autofocus
          value={text.value}
          onInput={value => void (text.value = value)}
        />
        <FileField
          name="file"
          label={t('newStatus.file')}
          accept={POSTED_FILES}
          onChosen={chosen => void (file.value = chosen)}
        />
        {file.value === undefined && (
          <TextField
            name="link"
            label={t('newStatus.link')}
            dir="ltr"
            placeholder="https://"
            value={typed.value}
            onInput={value => void (typed.value = value)}
          />
        )}
      </Form>
    </Dialog>
  )
}
