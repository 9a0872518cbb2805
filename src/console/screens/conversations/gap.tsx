// A stretch that is known to be missing, in its place: since when, why, and how to get it.
import type { Gap } from '../../../client/index.ts'
import { date, dateTime } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Icon } from '../../parts/icon.tsx'
import { client, may } from '../../session.ts'
import { accountOf, isOnline } from '../../state/accounts.ts'
import type { Conversation } from '../../state/conversation.ts'
import type { Span } from '../../state/rows.ts'
import { tellDone } from '../../toasts.ts'

const spanOf = ({ from, to }: Span): string => {
  if (from === null && to === null) return t('gap.unknownSpan')
  if (from === null) return t('gap.before', { to: date(to ?? 0) })
  if (to === null) return t('gap.since', { from: dateTime(from) })
  const days = date(from) === date(to)
  return t('gap.between', { from: days ? dateTime(from) : date(from), to: days ? dateTime(to) : date(to) })
}

/** What a missing stretch waits for, if it was asked for. */
const Asked = ({ conversation }: { readonly conversation: Conversation }) => {
  const account = accountOf(conversation.accountId)
  if (account !== undefined && !isOnline(account)) return <p class="soft small">{t('gap.offline')}</p>
  const coverage = conversation.coverage.value
  if ((coverage?.requests.length ?? 0) > 0) return <p class="soft small">{t('gap.asked')}</p>
  return coverage?.lastRefusal == null ? null : (
    <p class="soft small">{t('gap.refused', { reason: coverage.lastRefusal.reason })}</p>
  )
}

const fetchOlder = async (conversation: Conversation, count: number): Promise<void> => {
  const { accountId, threadId } = conversation
  await client().call('history.backfill', { accountId, body: { threadId, count } })
  tellDone(t('gap.started'))
  await conversation.readFacts()
}

interface GapProps {
  readonly conversation: Conversation
  readonly gap: Gap
  readonly span: Span
}

export const GapView = ({ conversation, gap, span }: GapProps) => (
  <section class="gap" aria-label={t('gap.label')}>
    <div class="gap-body">
      <Icon name="history" size={22} />
      <div>
        <strong>{spanOf(span)}</strong>
        <p>{t(`gap.reason.${gap.reason}`)}</p>
        <Asked conversation={conversation} />
      </div>
      {may('operator') && <Button onClick={() => fetchOlder(conversation, 0)}>{t('gap.fetch')}</Button>}
    </div>
  </section>
)

const MORE = 500

/** Where what is stored begins: the beginning of the conversation, or the place from where there may be more. */
export const StartView = ({
  conversation,
  isReached
}: {
  readonly conversation: Conversation
  readonly isReached: boolean
}) => {
  if (isReached)
    return (
      <p class="start">
        <Icon name="check" size={18} /> {t('start.reached')}
      </p>
    )
  return (
    <section class="gap open" aria-label={t('gap.label')}>
      <div class="gap-body">
        <Icon name="history" size={22} />
        <div>
          <strong>{t('start.title')}</strong>
          <p>{t('start.text')}</p>
          <Asked conversation={conversation} />
        </div>
        {may('operator') && (
          <span class="gap-buttons">
            <Button onClick={() => fetchOlder(conversation, MORE)}>
              {t('start.fetch', { count: MORE })}
            </Button>
            <Button look="quiet" onClick={() => fetchOlder(conversation, 0)}>
              {t('start.fetchAll')}
            </Button>
          </span>
        )}
      </div>
    </section>
  )
}
