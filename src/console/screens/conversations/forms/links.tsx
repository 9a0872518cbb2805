// Files from the web, which the server fetches: one, or several pictures and films as an album.
import { useSignal } from '@preact/signals'
import type { SendRequest } from '../../../../client/index.ts'
import { t } from '../../../i18n/i18n.ts'
import { AreaField } from '../../../parts/fields.tsx'
import type { Lack } from '../../../parts/form.tsx'
import { isWebAddress } from '../../../parts/written.ts'
import { Caption, captioned, type FormProps } from './field.tsx'

const requestOf = (addresses: string, text: string): SendRequest | Lack => {
  const urls = addresses.split(/\s+/).filter(url => url !== '')
  if (urls.length === 0 || !urls.every(isWebAddress)) return { field: 'addresses', lack: t('lack.links') }
  const { mentions, ...said } = captioned(text)
  const named = mentions === undefined ? {} : { mentions }
  const files = urls.map((url, index) => ({ url, ...(index === 0 ? said : {}) }))
  const [only] = files
  return files.length === 1 && only !== undefined ? { media: only, ...named } : { album: files, ...named }
}

export const LinksForm = ({ reads }: FormProps) => {
  const addresses = useSignal('')
  const caption = useSignal('')
  reads(() => requestOf(addresses.value, caption.value))
  return (
    <>
      <AreaField
        name="addresses"
        label={t('links.addresses')}
        rows={3}
        dir="ltr"
        autofocus
        placeholder="https://"
        value={addresses.value}
        onInput={value => void (addresses.value = value)}
      />
      <p class="soft small">{t('links.text')}</p>
      <Caption value={caption.value} onInput={value => void (caption.value = value)} />
    </>
  )
}
