// Files before they are sent: what they are, as what they go, and what is said with them.
import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { fileSize } from '../../format.ts'
import type { PlainKey } from '../../i18n/dictionary.ts'
import { t } from '../../i18n/i18n.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Check, ChoiceField } from '../../parts/fields.tsx'
import { Form } from '../../parts/form.tsx'
import { client } from '../../session.ts'
import type { Conversation } from '../../state/conversation.ts'
import { isStatusThread } from '../../state/threads.ts'
import { draft, newAttempt, type Timing } from './acts.ts'
import { Caption, captioned } from './forms/field.tsx'
import { ThingCard } from './media.tsx'

/** What can be a status. */
export const POSTED_FILES = 'image/*,video/*,audio/*'

interface FilesProps {
  readonly conversation: Conversation
  readonly files: ReadonlyArray<File>
  readonly timing: Timing
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

/** As what they go: by their types, or as something else. */
type SentAs = 'auto' | 'document' | 'voice' | 'sticker'

const WORDS = {
  auto: 'files.auto',
  document: 'files.document',
  voice: 'files.voice',
  sticker: 'files.sticker'
} as const satisfies Readonly<Record<SentAs, PlainKey>>

const choicesFor = (files: ReadonlyArray<File>, isStatus: boolean): ReadonlyArray<SentAs> => {
  const areAll = (kind: string): boolean => files.every(({ type }) => type.startsWith(kind))
  if (isStatus) return [areAll('audio/') ? 'voice' : 'auto']
  return [
    'auto',
    'document',
    ...(areAll('audio/') ? (['voice'] as const) : []),
    ...(areAll('image/') ? (['sticker'] as const) : [])
  ]
}

/** What phones can show once. */
const mayBeViewedOnce = (files: ReadonlyArray<File>, sentAs: SentAs): boolean =>
  sentAs === 'voice' || (sentAs === 'auto' && files.every(({ type }) => /^(image|video)\//.test(type)))

interface Sending {
  readonly caption: string
  readonly sentAs: SentAs
  readonly isViewedOnce: boolean
  readonly timing: Timing
  /** Of each file: what was accepted before something failed is not sent again. */
  readonly attempts: ReadonlyArray<string>
}

const formOf = (
  { threadId }: Conversation,
  file: File,
  index: number,
  { attempts, caption, isViewedOnce, sentAs, timing }: Sending
): FormData => {
  const body = new FormData()
  body.set('threadId', threadId)
  body.set('file', file)
  body.set('fileName', file.name)
  body.set('idempotencyKey', attempts[index] ?? newAttempt())
  if (sentAs !== 'auto') body.set('type', sentAs)
  if (isViewedOnce) body.set('viewOnce', 'true')
  for (const [name, at] of Object.entries(timing)) body.set(name, new Date(at).toISOString())
  // Said once, with the first.
  if (index === 0)
    for (const [name, value] of Object.entries(captioned(caption, isStatusThread(threadId))))
      body.set(name, String(value))
  if (index === 0 && draft.value?.about === 'reply') body.set('replyTo', draft.value.message.messageId)
  return body
}

export const FilesDialog = ({ conversation, files, onClose, onSent, text, timing }: FilesProps) => {
  const caption = useSignal(text)
  const isStatus = isStatusThread(conversation.threadId)
  const choices = choicesFor(files, isStatus)
  const sentAs = useSignal<SentAs>(choices[0] ?? 'auto')
  const isViewedOnce = useSignal(false)
  const attempts = useMemo(() => files.map(newAttempt), [files])
  const canBeViewedOnce = !isStatus && mayBeViewedOnce(files, sentAs.value)
  const hasCaption = sentAs.value !== 'sticker' && sentAs.value !== 'voice'
  const sendAll = async (): Promise<void> => {
    const sending = {
      attempts,
      caption: hasCaption ? caption.value : '',
      sentAs: sentAs.value,
      isViewedOnce: canBeViewedOnce && isViewedOnce.value,
      timing
    }
    for (const [index, file] of files.entries()) {
      const body = formOf(conversation, file, index, sending)
      await client().call('outbox.send', { accountId: conversation.accountId, body })
    }
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
      <Form
        action={t('composer.send')}
        icon={timing.sendAt === undefined ? 'send' : 'clock'}
        onSubmit={sendAll}
        onCancel={onClose}
      >
        {hasCaption && (
          <Caption autofocus value={caption.value} onInput={value => void (caption.value = value)} />
        )}
        {choices.length > 1 && (
          <ChoiceField
            label={t('files.sendAs')}
            value={sentAs.value}
            options={choices.map(choice => [choice, t(WORDS[choice])])}
            onChange={choice => void (sentAs.value = choice)}
          />
        )}
        {canBeViewedOnce && (
          <Check
            label={t('message.viewOnce')}
            isChecked={isViewedOnce.value}
            onChange={value => void (isViewedOnce.value = value)}
          />
        )}
      </Form>
    </Dialog>
  )
}
