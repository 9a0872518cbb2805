// When a message is to be sent: later, or not after some time.
import { useSignal } from '@preact/signals'
import { t } from '../../i18n/i18n.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { TextField } from '../../parts/fields.tsx'
import { Form, isLack, type Lack, lackIn } from '../../parts/form.tsx'
import type { Timing } from './acts.ts'

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

const timingOf = (from: string, until: string): Timing | Lack => {
  const [sendAt, expiresAt] = [Date.parse(from), Date.parse(until)]
  if (from === '' && until === '') return { field: 'from', lack: t('lack.timing') }
  if (from !== '' && !(sendAt > Date.now())) return { field: 'from', lack: t('lack.future') }
  if (until !== '' && !(expiresAt > Date.now())) return { field: 'until', lack: t('lack.future') }
  if (expiresAt <= sendAt) return { field: 'until', lack: t('lack.expiry') }
  return { ...(from === '' ? {} : { sendAt }), ...(until === '' ? {} : { expiresAt }) }
}

export const LaterDialog = ({ onChosen, onClose }: LaterProps) => {
  const from = useSignal(localInput(Date.now() + HOUR))
  const until = useSignal('')
  const read = (): Timing | Lack => timingOf(from.value, until.value)
  return (
    <Dialog title={t('composer.schedule')} onClose={onClose}>
      <Form
        action={t('later.choose')}
        lackOf={() => lackIn(read())}
        onSubmit={() => {
          const timing = read()
          if (!isLack(timing)) onChosen(timing)
        }}
        onCancel={onClose}
      >
        <TextField
          name="from"
          label={t('later.when')}
          type="datetime-local"
          autofocus
          value={from.value}
          onInput={value => void (from.value = value)}
        />
        <TextField
          name="until"
          label={t('later.until')}
          type="datetime-local"
          value={until.value}
          onInput={value => void (until.value = value)}
        />
        <p class="soft small">{t('later.text')}</p>
      </Form>
    </Dialog>
  )
}
