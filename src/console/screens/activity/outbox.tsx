// What waits to be sent, and what became of what was sent.
import { useSignal } from '@preact/signals'
import { Link } from 'wouter-preact'
import type { OutboxEntry, OutboxStatus } from '../../../client/index.ts'
import { dateTime } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Empty } from '../../parts/notice.tsx'
import { Paged } from '../../parts/paged.tsx'
import { Table } from '../../parts/table.tsx'
import { messagePath } from '../../routes.ts'
import { client, may } from '../../session.ts'
import { useChanges } from '../../state/changes.ts'
import { threadName } from '../../state/thread-names.ts'
import { whyItWaits } from '../../state/why.ts'
import { ForAccount } from './account-choice.tsx'

const STATUSES = ['queued', 'sending', 'sent', 'failed', 'cancelled', 'expired'] as const

const whyOf = (entry: OutboxEntry): string =>
  entry.status === 'queued' ? whyItWaits(entry) : (entry.reason ?? '')

const Entries = ({
  accountId,
  status
}: {
  readonly accountId: string
  readonly status: OutboxStatus | ''
}) => {
  const turn = useChanges(({ what }) => what === 'message' || what === 'outbox' || what === 'account')
  const cancelled = useSignal(0)
  return (
    <Paged
      of={[accountId, status]}
      on={[turn, cancelled.value]}
      read={async cursor => {
        const { entries, nextCursor } = await client().call('outbox.list', {
          accountId,
          limit: 50,
          ...(status === '' ? {} : { status }),
          ...(cursor === undefined ? {} : { cursor })
        })
        return { items: entries, next: nextCursor }
      }}
      empty={
        <Empty icon="send" title={t(status === '' ? 'outbox.unused' : 'outbox.emptyTitle')}>
          <p>{t('outbox.emptyText')}</p>
        </Empty>
      }
    >
      {entries => (
        <Table
          label={t('activity.outbox')}
          rows={entries}
          keyOf={({ entryId }) => entryId}
          columns={[
            { name: t('column.since'), cell: ({ createdAt }) => dateTime(createdAt) },
            {
              name: t('column.what'),
              cell: ({ kind, messageId, threadId }) => (
                <Link href={messagePath(accountId, threadId, messageId)}>
                  {kind} · <bdi>{threadName(threadId)}</bdi>
                </Link>
              )
            },
            {
              name: t('column.status'),
              cell: one => <span class={`tag ${one.status}`}>{t(`outbox.${one.status}`)}</span>
            },
            { name: t('column.attempts'), cell: ({ attempts }) => attempts },
            { name: t('column.why'), cell: whyOf },
            {
              name: '',
              cell: ({ entryId, status: present }) =>
                present === 'queued' &&
                may('agent') && (
                  <Button
                    onClick={async () => {
                      await client().call('outbox.cancel', { accountId, entryId })
                      cancelled.value += 1
                    }}
                  >
                    {t('waits.cancel')}
                  </Button>
                )
            }
          ]}
        />
      )}
    </Paged>
  )
}

export const Outbox = () => {
  const status = useSignal<OutboxStatus | ''>('')
  return (
    <ForAccount>
      {accountId => (
        <>
          <div class="chips plain-chips" role="group" aria-label={t('column.status')}>
            {(['', ...STATUSES] as const).map(one => (
              <button
                key={one}
                type="button"
                class="chip"
                aria-pressed={status.value === one}
                onClick={() => void (status.value = one)}
              >
                {one === '' ? t('threads.all') : t(`outbox.${one}`)}
              </button>
            ))}
          </div>
          <Entries accountId={accountId} status={status.value} />
        </>
      )}
    </ForAccount>
  )
}
