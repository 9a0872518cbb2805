// What is sent besides texts and files of this device: polls, events, places, contacts, files from the web.
import { useRef } from 'preact/hooks'
import type { SendRequest } from '../../../client/index.ts'
import { t } from '../../i18n/i18n.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Form, isLack, type Lack, lackIn } from '../../parts/form.tsx'
import type { Conversation } from '../../state/conversation.ts'
import { draft, send, type Timing } from './acts.ts'
import { ContactForm } from './forms/contact.tsx'
import { EventForm } from './forms/event.tsx'
import { LinksForm } from './forms/links.tsx'
import { LocationForm } from './forms/location.tsx'
import { PollForm } from './forms/poll.tsx'

const FORMS = {
  poll: PollForm,
  event: EventForm,
  location: LocationForm,
  contact: ContactForm,
  links: LinksForm
} as const

export type Extra = keyof typeof FORMS

interface ExtraProps {
  readonly conversation: Conversation
  readonly extra: Extra
  readonly timing: Timing
  readonly onClose: () => void
  readonly onSent: () => void
}

const NOTHING: Lack = { field: '', lack: '' }

export const ExtraDialog = ({ conversation, extra, onClose, onSent, timing }: ExtraProps) => {
  const read = useRef<() => SendRequest | Lack>(() => NOTHING)
  const Fields = FORMS[extra]
  const submit = async (): Promise<void> => {
    const content = read.current()
    if (isLack(content)) return
    const { value: about } = draft
    const answered = about?.about === 'reply' ? { replyTo: about.message.messageId } : {}
    await send(conversation, { ...content, ...answered, ...timing })
    onSent()
    onClose()
    await conversation.catchUp()
  }
  return (
    <Dialog title={t(`composer.${extra}`)} onClose={onClose}>
      <Form
        action={t('composer.send')}
        icon={timing.sendAt === undefined ? 'send' : 'clock'}
        lackOf={() => lackIn(read.current())}
        onSubmit={submit}
        onCancel={onClose}
      >
        <Fields reads={next => void (read.current = next)} />
      </Form>
    </Dialog>
  )
}
