// What the forms of the composer have in common: each tells how to read the request that it makes.
import type { SendRequest } from '../../../../client/index.ts'
import { t } from '../../../i18n/i18n.ts'
import { AreaField } from '../../../parts/fields.tsx'
import type { Lack } from '../../../parts/form.tsx'
import { mentionsIn } from '../acts.ts'

export interface FormProps {
  /** Called with what reads the fields as they are. */
  readonly reads: (read: () => SendRequest | Lack) => void
}

interface CaptionProps {
  readonly value: string
  readonly onInput: (value: string) => void
  readonly autofocus?: boolean
}

/** What is said with files. `@number` names people in it, as in any text. */
export const Caption = (props: CaptionProps) => (
  <AreaField
    name="caption"
    label={t('files.caption')}
    rows={2}
    isProse
    placeholder={t('files.mention')}
    {...props}
  />
)

/** A caption as it is sent, with the people that it names; a status names nobody. */
export const captioned = (
  text: string,
  isStatus = false
): { readonly caption?: string } & Pick<SendRequest, 'mentions'> => {
  const caption = text.trim()
  return caption === '' ? {} : { caption, ...(isStatus ? {} : mentionsIn(caption)) }
}

/** The field where it says something. */
export const given = <Name extends string>(
  name: Name,
  value: string
): { readonly [Key in Name]?: string } => {
  const text = value.trim()
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- An object of this one name.
  return (text === '' ? {} : { [name]: text }) as { readonly [Key in Name]?: string }
}
