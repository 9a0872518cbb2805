// Why something that is to be sent waits, and until when.
import type { OutboxEntry } from '../../client/index.ts'
import { dateTime, relative } from '../format.ts'
import { t } from '../i18n/i18n.ts'
import { accountOf, isOnline } from './accounts.ts'

export const whyItWaits = ({ accountId, nextAttemptAt, reason, sendAt }: OutboxEntry): string => {
  const account = accountOf(accountId)
  if (sendAt !== null && sendAt > Date.now()) return t('waits.until', { when: dateTime(sendAt) })
  if (account !== undefined && !isOnline(account)) return t('waits.offline')
  // Only what begins a conversation is held by a restriction, and has its reason.
  if (account?.restriction != null && reason !== null)
    return t('waits.restricted', { when: dateTime(account.restriction.until) })
  if (nextAttemptAt !== null && nextAttemptAt > Date.now())
    return t('waits.attempt', { when: relative(nextAttemptAt), reason: reason ?? '' })
  return reason ?? t('waits.turn')
}
