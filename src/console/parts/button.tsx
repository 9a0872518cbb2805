// Buttons. One that does something on the server is busy until that is done, so that nothing is asked for twice.
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { attempt } from '../toasts.ts'
import { Icon, type IconName } from './icon.tsx'

interface ButtonProps {
  readonly onClick: () => unknown
  readonly children: ComponentChildren
  readonly look?: 'main' | 'plain' | 'quiet' | 'danger'
  readonly icon?: IconName
  readonly disabled?: boolean
  readonly autofocus?: boolean
}

export const Button = ({
  autofocus = false,
  children,
  disabled = false,
  icon,
  look = 'plain',
  onClick
}: ButtonProps) => {
  const isBusy = useSignal(false)
  const press = async (): Promise<void> => {
    if (isBusy.value) return
    isBusy.value = true
    await attempt(async () => onClick())
    isBusy.value = false
  }
  return (
    <button
      type="button"
      class={`button ${look}`}
      autofocus={autofocus}
      disabled={disabled}
      aria-busy={isBusy.value}
      onClick={() => void press()}
    >
      {icon && <Icon name={icon} size={18} />}
      <span>{children}</span>
    </button>
  )
}

interface IconButtonProps {
  readonly icon: IconName
  /** What it does, for those who do not see it, and as a hint. */
  readonly label: string
  readonly onClick: () => unknown
  readonly disabled?: boolean
  readonly pressed?: boolean
}

export const IconButton = ({ disabled = false, icon, label, onClick, pressed }: IconButtonProps) => (
  <button
    type="button"
    class="icon-button"
    title={label}
    aria-label={label}
    aria-pressed={pressed}
    disabled={disabled}
    onClick={() => void attempt(async () => onClick())}
  >
    <Icon name={icon} />
  </button>
)
