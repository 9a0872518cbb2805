// Files before they are sent: what they are, and what is said with them.
import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { fileSize } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { client } from '../../session.ts'
import type { Conversation } from '../../state/conversation.ts'
import { draft } from './acts.ts'
import { ThingCard } from './media.tsx'

interface FilesProps {
  readonly conversation: Conversation
  readonly files: ReadonlyArray<File>
  /** What was written already becomes the caption. */
  readonly text: string
  readonly onClose: () => void
  readonly onSent: () => void
}

const Preview = ({ file }: { readonly file: File }) => {
  const url = useMemo(() => (file.type.startsWith('image/') ? URL.createObjectURL(file) : undefined), [file])
  useEffect(() => () => void (url !== undefined && URL.revokeObjectURL(url)), [url])
  return url === undefined ? (
    <ThingCard
      icon={file.type.startsWith('video/') ? 'video' : 'file'}
      title={file.name}
      note={fileSize(file.size)}
    />
  ) : (
    <img class="preview" src={url} alt={file.name} />
  )
}

export const FilesDialog = ({ conversation, files, onClose, onSent, text }: FilesProps) => {
  const caption = useSignal(text)
  const asDocuments = useSignal(false)
  const sendAll = async (): Promise<void> => {
    const { accountId, threadId } = conversation
    const replyTo = draft.value?.about === 'reply' ? draft.value.message.messageId : undefined
    for (const [index, file] of files.entries()) {
      const body = new FormData()
      body.set('threadId', threadId)
      body.set('file', file)
      body.set('fileName', file.name)
      if (asDocuments.value) body.set('type', 'document')
      // Said once, with the first.
      if (index === 0 && caption.value.trim() !== '') body.set('caption', caption.value.trim())
      if (index === 0 && replyTo !== undefined) body.set('replyTo', replyTo)
      await client().call('outbox.send', { accountId, body })
    }
    draft.value = undefined
    onSent()
    onClose()
    await conversation.catchUp()
  }
  return (
    <Dialog title={t('files.title', { count: files.length })} onClose={onClose}>
      <div class="previews">
        {files.map(file => (
          <Preview key={`${file.name}${file.size}${file.lastModified}`} file={file} />
        ))}
      </div>
      <label class="field">
        <span>{t('files.caption')}</span>
        <textarea
          rows={2}
          dir="auto"
          value={caption.value}
          onInput={({ currentTarget }) => (caption.value = currentTarget.value)}
        />
      </label>
      <label class="check-field">
        <input
          type="checkbox"
          checked={asDocuments.value}
          onChange={({ currentTarget }) => (asDocuments.value = currentTarget.checked)}
        />
        {t('files.asDocuments')}
      </label>
      <footer>
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button look="main" icon="send" onClick={sendAll}>
          {t('composer.send')}
        </Button>
      </footer>
    </Dialog>
  )
}
