// Asks before something is done that cannot be taken back.
import { t } from '../i18n/i18n.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

interface ConfirmProps {
  readonly title: string
  readonly text: string
  /** What the button says that does it. */
  readonly action: string
  readonly onConfirm: () => Promise<void>
  readonly onClose: () => void
}

export const Confirm = ({ action, onClose, onConfirm, text, title }: ConfirmProps) => (
  <Dialog title={title} onClose={onClose}>
    <p>{text}</p>
    <footer>
      <Button onClick={onClose}>{t('cancel')}</Button>
      <Button
        look="danger"
        onClick={async () => {
          await onConfirm()
          onClose()
        }}
      >
        {action}
      </Button>
    </footer>
  </Dialog>
)
