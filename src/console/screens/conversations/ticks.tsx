// How far an own message is: waits, sent, delivered, read, or not sent.
import type { Message } from '../../../client/index.ts'
import { t } from '../../i18n/i18n.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'

const ICONS: Readonly<Record<Message['status'], IconName>> = {
  queued: 'clock',
  sent: 'check',
  delivered: 'checks',
  read: 'checks',
  played: 'checks',
  failed: 'warning',
  cancelled: 'close',
  received: 'check',
  undecryptable: 'warning'
}

export const Ticks = ({ status }: { readonly status: Message['status'] }) => (
  <span class={`ticks ${status}`} role="img" aria-label={t(`status.${status}`)} title={t(`status.${status}`)}>
    <Icon name={ICONS[status]} size={15} />
  </span>
)
