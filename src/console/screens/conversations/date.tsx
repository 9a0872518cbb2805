// Going to a day of the conversation.
import { useSignal } from '@preact/signals'
import { date } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
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
      <label class="field">
        <span>{t('date.day')}</span>
        <input
          type="date"
          max={dayInput(Date.now())}
          {...(oldest === undefined ? {} : { min: dayInput(oldest) })}
          value={value.value}
          onInput={({ currentTarget }) => (value.value = currentTarget.value)}
        />
      </label>
      {oldest !== undefined && <p class="soft small">{t('date.oldest', { date: date(oldest) })}</p>}
      <footer>
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button
          look="main"
          disabled={Number.isNaN(at)}
          onClick={() => {
            onClose()
            void conversation.goTo(String(at))
          }}
        >
          {t('date.go')}
        </Button>
      </footer>
    </Dialog>
  )
}
