// When a message is to be sent.
import { useSignal } from '@preact/signals'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'

interface LaterProps {
  readonly onClose: () => void
  readonly onChosen: (at: number) => void
}

const HOUR = 3_600_000

/** As the browser's field writes a time of here. */
export const localInput = (at: number): string => {
  const here = new Date(at - new Date(at).getTimezoneOffset() * 60_000)
  return here.toISOString().slice(0, 16)
}

export const LaterDialog = ({ onChosen, onClose }: LaterProps) => {
  const value = useSignal(localInput(Date.now() + HOUR))
  const at = Date.parse(value.value)
  return (
    <Dialog title={t('composer.schedule')} onClose={onClose}>
      <label class="field">
        <span>{t('later.when')}</span>
        <input
          type="datetime-local"
          min={localInput(Date.now())}
          value={value.value}
          onInput={({ currentTarget }) => (value.value = currentTarget.value)}
        />
      </label>
      <p class="soft small">{t('later.text')}</p>
      <footer>
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button look="main" disabled={!(at > Date.now())} onClick={() => onChosen(at)}>
          {t('later.choose')}
        </Button>
      </footer>
    </Dialog>
  )
}
