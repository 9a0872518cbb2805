// Files from the web, which the server fetches: one, or several pictures and films as an album.
import { useSignal } from '@preact/signals'
import type { SendRequest } from '../../../../client/index.ts'
import { t } from '../../../i18n/i18n.ts'
import type { FormProps } from './field.tsx'

const requestOf = (addresses: string, caption: string): SendRequest | undefined => {
  const urls = addresses.split(/\s+/).filter(text => text !== '')
  if (urls.length === 0 || !urls.every(url => /^https?:/.test(url) && URL.canParse(url))) return undefined
  const said = caption.trim() === '' ? {} : { caption: caption.trim() }
  const files = urls.map((url, index) => ({ url, ...(index === 0 ? said : {}) }))
  const [only] = files
  return files.length === 1 && only !== undefined ? { media: only } : { album: files }
}

export const LinksForm = ({ onChange }: FormProps) => {
  const addresses = useSignal('')
  const caption = useSignal('')
  const tell = (): void => onChange(requestOf(addresses.value, caption.value))
  return (
    <>
      <label class="field">
        <span>{t('links.addresses')}</span>
        <textarea
          rows={3}
          dir="ltr"
          spellcheck={false}
          placeholder="https://"
          value={addresses.value}
          onInput={({ currentTarget }) => {
            addresses.value = currentTarget.value
            tell()
          }}
        />
      </label>
      <p class="soft small">{t('links.text')}</p>
      <label class="field">
        <span>{t('files.caption')}</span>
        <textarea
          rows={2}
          dir="auto"
          value={caption.value}
          onInput={({ currentTarget }) => {
            caption.value = currentTarget.value
            tell()
          }}
        />
      </label>
    </>
  )
}
