// Forms: Enter does what the main button does. That button can always be pressed; what is missing is then said at its field.
import { useSignal } from '@preact/signals'
import { type ComponentChildren, createContext } from 'preact'
import { useContext, useRef } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { attempt } from '../toasts.ts'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'

/** What a field lacks, by the name of the field. */
export interface Lack {
  readonly field: string
  readonly lack: string
}

export const isLack = (value: object): value is Lack => 'lack' in value

/** What was written may be complete, or lack something. */
export const lackIn = (value: object): Lack | undefined => (isLack(value) ? value : undefined)

const Lacking = createContext<Lack | undefined>(undefined)

/** What the field of this name lacks, once somebody has tried to go on. */
export const useLack = (name: string): string | undefined => {
  const found = useContext(Lacking)
  return found?.field === name ? found.lack : undefined
}

interface FormProps {
  /** What the main button says. */
  readonly action: string
  readonly look?: 'main' | 'plain' | 'danger'
  readonly icon?: IconName
  readonly onSubmit: () => unknown
  readonly lackOf?: () => Lack | undefined
  /** Where it can be left. */
  readonly onCancel?: () => void
  readonly children?: ComponentChildren
}

const focusOn = (form: HTMLFormElement | null, name: string): void => {
  const field = form?.elements.namedItem(name)
  if (field instanceof HTMLElement) field.focus()
}

export const Form = ({ action, children, icon, lackOf, look = 'main', onCancel, onSubmit }: FormProps) => {
  const lack = useSignal<Lack | undefined>(undefined)
  const isBusy = useSignal(false)
  const form = useRef<HTMLFormElement>(null)
  const submit = async (): Promise<void> => {
    if (isBusy.value) return
    lack.value = lackOf?.()
    if (lack.value !== undefined) return focusOn(form.current, lack.value.field)
    isBusy.value = true
    await attempt(async () => onSubmit())
    isBusy.value = false
  }
  return (
    <form
      ref={form}
      noValidate
      onSubmit={event => {
        event.preventDefault()
        void submit()
      }}
      onInput={() => void (lack.value = undefined)}
    >
      <Lacking.Provider value={lack.value}>{children}</Lacking.Provider>
      <footer>
        {/* Where there is nothing to fill in, Enter in haste does no harm. */}
        {onCancel && (
          <Button autofocus={children === undefined} onClick={onCancel}>
            {t('cancel')}
          </Button>
        )}
        <button type="submit" class={`button ${look}`} aria-busy={isBusy.value}>
          {icon && <Icon name={icon} size={18} />}
          <span>{action}</span>
        </button>
      </footer>
    </form>
  )
}
