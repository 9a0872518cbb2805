// What is said while the server does not answer, and goes when it does again.
import { isLive } from './events.ts'
import { t } from './i18n/i18n.ts'
import { Icon } from './parts/icon.tsx'
import { isReachable } from './session.ts'

export const Connection = () =>
  isReachable.value || isLive.value ? null : (
    <div class="connection" role="alert">
      <Icon name="warning" size={18} />
      <p>
        <strong>{t('error.unreachable')}.</strong> {t('live.stale')} {t('error.unreachableAdvice')}
      </p>
    </div>
  )
