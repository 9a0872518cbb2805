// Asks before something is done that cannot be taken back.
import { Dialog } from './dialog.tsx'
import { Form } from './form.tsx'

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
    <Form
      action={action}
      look="danger"
      onCancel={onClose}
      onSubmit={async () => {
        await onConfirm()
        onClose()
      }}
    />
  </Dialog>
)
