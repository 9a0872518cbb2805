// What is sent besides texts and files of this device: polls, events, places, contacts, files from the web.
import { useSignal } from '@preact/signals'
import type { SendRequest } from '../../../client/index.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
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

export const ExtraDialog = ({ conversation, extra, onClose, onSent, timing }: ExtraProps) => {
  const content = useSignal<SendRequest | undefined>(undefined)
  const Form = FORMS[extra]
  return (
    <Dialog title={t(`composer.${extra}`)} onClose={onClose}>
      <Form onChange={next => void (content.value = next)} />
      <footer>
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button
          look="main"
          icon={timing.sendAt === undefined ? 'send' : 'clock'}
          disabled={content.value === undefined}
          onClick={async () => {
            if (content.value === undefined) return
            const { value: about } = draft
            const answered = about?.about === 'reply' ? { replyTo: about.message.messageId } : {}
            await send(conversation, { ...content.value, ...answered, ...timing })
            onSent()
            onClose()
            await conversation.catchUp()
          }}
        >
          {t('composer.send')}
        </Button>
      </footer>
    </Dialog>
  )
}
