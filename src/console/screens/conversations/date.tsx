// Going to a day of the conversation.
import { useSignal } from '@preact/signals'
import { date } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/fields.tsx'
import { Form } from '../../parts/form.tsx'
import type { Conversation } from '../../state/conversation.ts'
import { localInput } from './later.tsx'

const dayInput = (at: number): string => localInput(at).slice(0, 10)

export const DateDialog = ({
  conversation,
  onClose
}: {
  readonly conversation: Conversation
  readonly onClose: () => void
}) => {
  const oldest = conversation.coverage.value?.oldest?.at
  const value = useSignal(dayInput(conversation.messages.value[0]?.tsClient ?? Date.now()))
  const at = new Date(`${value.value}T00:00`).getTime()
  return (
    <Dialog title={t('date.title')} onClose={onClose}>
      <Form
        action={t('date.go')}
        lackOf={() => (Number.isNaN(at) ? { field: 'day', lack: t('lack.day') } : undefined)}
        onSubmit={() => {
          onClose()
          void conversation.goTo(String(at))
        }}
        onCancel={onClose}
      >
        <TextField
          name="day"
          label={t('date.day')}
          type="date"
          autofocus
          max={dayInput(Date.now())}
          {...(oldest === undefined ? {} : { min: dayInput(oldest) })}
          value={value.value}
          onInput={day => void (value.value = day)}
        />
        {oldest !== undefined && <p class="soft small">{t('date.oldest', { date: date(oldest) })}</p>}
      </Form>
    </Dialog>
  )
}
