// When a message is to be sent: later, or not after some time.
import { useSignal } from '@preact/signals'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import type { Timing } from './acts.ts'
import { Field } from './forms/field.tsx'

interface LaterProps {
  readonly onClose: () => void
  readonly onChosen: (timing: Timing) => void
}

const HOUR = 3_600_000

/** As the browser's field writes a time of here. */
export const localInput = (at: number): string => {
  const here = new Date(at - new Date(at).getTimezoneOffset() * 60_000)
  return here.toISOString().slice(0, 16)
}

/** `undefined` where the fields say nothing that can be meant. */
const timingOf = (from: string, until: string): Timing | undefined => {
  const [sendAt, expiresAt] = [Date.parse(from), Date.parse(until)]
  const isMeant =
    (from === '' || sendAt > Date.now()) &&
    (until === '' || expiresAt > (from === '' ? Date.now() : sendAt)) &&
    from + until !== ''
  if (!isMeant) return undefined
  return { ...(from === '' ? {} : { sendAt }), ...(until === '' ? {} : { expiresAt }) }
}

export const LaterDialog = ({ onChosen, onClose }: LaterProps) => {
  const from = useSignal(localInput(Date.now() + HOUR))
  const until = useSignal('')
  const timing = timingOf(from.value, until.value)
  return (
    <Dialog title={t('composer.schedule')} onClose={onClose}>
      <Field
        label={t('later.when')}
        type="datetime-local"
        value={from.value}
        onInput={value => void (from.value = value)}
      />
      <Field
        label={t('later.until')}
        type="datetime-local"
        value={until.value}
        onInput={value => void (until.value = value)}
      />
      <p class="soft small">{t('later.text')}</p>
      <footer>
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button look="main" disabled={timing === undefined} onClick={() => timing && onChosen(timing)}>
          {t('later.choose')}
        </Button>
      </footer>
    </Dialog>
  )
}
