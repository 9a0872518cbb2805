// What is said while the server does not answer, and goes when it does again.
import { t } from './i18n/i18n.ts'
import { Icon } from './parts/icon.tsx'
import { isAway } from './session.ts'

export const Connection = () =>
  isAway.value && (
    <div class="connection" role="alert">
      <Icon name="warning" size={18} />
      <p>
        <strong>{t('error.unreachable')}.</strong> {t('live.stale')} {t('error.unreachableAdvice')}
      </p>
    </div>
  )
