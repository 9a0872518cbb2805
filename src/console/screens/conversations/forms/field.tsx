// What the forms of the composer have in common: each tells the request that it makes, as long as it is complete.
import type { SendRequest } from '../../../../client/index.ts'

export interface FormProps {
  /** `undefined` while it is not complete. */
  readonly onChange: (content: SendRequest | undefined) => void
}

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onInput: (value: string) => void
  readonly type?: string
}

export const Field = ({ label, onInput, type = 'text', value }: FieldProps) => (
  <label class="field">
    <span>{label}</span>
    <input
      type={type}
      dir="auto"
      value={value}
      onInput={({ currentTarget }) => onInput(currentTarget.value)}
    />
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

/** The field where it says something. */
export const given = <Name extends string>(
  name: Name,
  value: string
): { readonly [Key in Name]?: string } => {
  const text = value.trim()
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- An object of this one name.
  return (text === '' ? {} : { [name]: text }) as { readonly [Key in Name]?: string }
}
