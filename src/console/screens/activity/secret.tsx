// A secret that is shown once, to be copied.
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { copyText } from '../../parts/clipboard.ts'

export const SecretView = ({ text }: { readonly text: string }) => (
  <div class="shared-link">
    <input
      readOnly
      dir="ltr"
      aria-label={t('secret')}
      value={text}
      onFocus={({ currentTarget }) => currentTarget.select()}
    />
    <Button icon="copy" look="main" onClick={() => copyText(text)}>
      {t('copy')}
    </Button>
  </div>
)
