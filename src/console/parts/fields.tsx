// Fields of forms, each with its name above it and what it lacks below.
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { useLack } from './form.tsx'

interface LabelledProps {
  readonly label: string
  readonly troubleId: string
  readonly lack: string | undefined
  readonly children: ComponentChildren
}

const Labelled = ({ children, label, lack, troubleId }: LabelledProps) => (
  <div class="field">
    <label>
      <span>{label}</span>
      {children}
    </label>
    {lack !== undefined && (
      <p id={troubleId} class="field-trouble" role="alert">
        {lack}
      </p>
    )}
  </div>
)

/** What the field of this name lacks, and the attributes by which its input names that. */
const useTrouble = (name: string) => {
  const lack = useLack(name)
  const troubleId = useId()
  return {
    trouble: { lack, troubleId },
    told: {
      name,
      'aria-invalid': lack !== undefined,
      'aria-describedby': lack === undefined ? undefined : troubleId
    }
  }
}

interface TextFieldProps {
  readonly name: string
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
  readonly type?: 'text' | 'tel' | 'url' | 'number' | 'date' | 'datetime-local'
  readonly dir?: 'auto' | 'ltr'
  readonly placeholder?: string
  readonly autofocus?: boolean
  readonly min?: string
  readonly max?: string
  readonly maxLength?: number
}

export const TextField = ({
  dir = 'auto',
  label,
  name,
  onInput,
  type = 'text',
  value,
  ...rest
}: TextFieldProps) => {
  const { told, trouble } = useTrouble(name)
  return (
    <Labelled label={label} {...trouble}>
      <input
        {...told}
        type={type}
        dir={dir}
        autocomplete="off"
        value={value}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
        {...rest}
      />
    </Labelled>
  )
}

interface AreaFieldProps extends Pick<TextFieldProps, 'name' | 'label' | 'value' | 'onInput' | 'dir'> {
  readonly rows: number
  readonly autofocus?: boolean
  readonly placeholder?: string
  /** What is written is prose, and Enter sends it, as in the composer; otherwise Enter begins a new line. */
  readonly isProse?: boolean
}

export const AreaField = ({
  dir = 'auto',
  isProse = false,
  label,
  name,
  onInput,
  value,
  ...rest
}: AreaFieldProps) => {
  const { told, trouble } = useTrouble(name)
  return (
    <Labelled label={label} {...trouble}>
      <textarea
        {...told}
        dir={dir}
        spellcheck={isProse}
        value={value}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
        onKeyDown={event => {
          const sends = event.ctrlKey || event.metaKey || (isProse && !event.shiftKey)
          if (event.key !== 'Enter' || event.isComposing || !sends) return
          event.preventDefault()
          event.currentTarget.form?.requestSubmit()
        }}
        {...rest}
      />
    </Labelled>
  )
}

interface FileFieldProps {
  readonly name: string
  readonly label: string
  readonly accept: string
  readonly onChosen: (file: File | undefined) => void
}

export const FileField = ({ accept, label, name, onChosen }: FileFieldProps) => {
  const { told, trouble } = useTrouble(name)
  return (
    <Labelled label={label} {...trouble}>
      <input
        {...told}
        type="file"
        accept={accept}
        onChange={({ currentTarget }) => onChosen(currentTarget.files?.[0])}
      />
    </Labelled>
  )
}

interface ChoiceFieldProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: ReadonlyArray<readonly [value: Value, text: string]>
  readonly onChange: (value: Value) => void
}

export const ChoiceField = <Value extends string>({
  label,
  onChange,
  options,
  value
}: ChoiceFieldProps<Value>) => (
  <label class="field">
    <span>{label}</span>
    <select
      value={value}
      onChange={({ currentTarget }) => {
        const chosen = options.find(([one]) => one === currentTarget.value)
        if (chosen !== undefined) onChange(chosen[0])
      }}
    >
      {options.map(([one, text]) => (
        <option key={one} value={one}>
          {text}
        </option>
      ))}
    </select>
  </label>
)

interface CheckProps {
  readonly label: string
  readonly isChecked: boolean
  readonly onChange: (isChecked: boolean) => void
}

export const Check = ({ isChecked, label, onChange }: CheckProps) => (
  <label class="check-field">
    <input
      type="checkbox"
      checked={isChecked}
      onChange={({ currentTarget }) => onChange(currentTarget.checked)}
    />
    {label}
  </label>
)
