// What is fetched from phones: jobs with how far they are, and what each waits for.
import { useSignal } from '@preact/signals'
import { Link } from 'wouter-preact'
import type { BackfillJob } from '../../../client/index.ts'
import { date, dateTime } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { ProgressBar } from '../../parts/bars.tsx'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { useLoaded } from '../../parts/loaded.ts'
import { Empty, Failure } from '../../parts/notice.tsx'
import { Paged } from '../../parts/paged.tsx'
import { Table } from '../../parts/table.tsx'
import { threadPath } from '../../routes.ts'
import { client, may } from '../../session.ts'
import { useChanges } from '../../state/changes.ts'
import { threadName } from '../../state/thread-names.ts'
import { tellDone } from '../../toasts.ts'
import { ForAccount } from './account-choice.tsx'

const ALL_THREADS = 100_000

const Tasks = ({ job: { accountId, jobId } }: { readonly job: BackfillJob }) => {
  const { state } = useLoaded(() => client().call('history.backfillJob', { accountId, jobId }), [jobId])
  if (state.value.error !== undefined) return <Failure error={state.value.error} />
  const job = state.value.value
  if (job === undefined) return <p class="waiting">{t('loading')}</p>
  return (
    <Table
      label={t('jobs.tasks')}
      rows={job.tasks}
      keyOf={({ gapId, threadId }) => `${threadId} ${gapId ?? ''}`}
      columns={[
        {
          name: t('column.thread'),
          cell: ({ threadId }) => (
            <Link href={threadPath(accountId, threadId)}>
              <bdi>{threadName(threadId)}</bdi>
            </Link>
          )
        },
        { name: t('column.status'), cell: one => <span class="tag">{t(`task.${one.status}`)}</span> },
        { name: t('account.messages'), cell: ({ messages }) => messages },
        { name: t('column.why'), cell: ({ reason }) => reason ?? '' }
      ]}
    />
  )
}

const JobCard = ({ job, onChanged }: { readonly job: BackfillJob; readonly onChanged: () => void }) => {
  const isOpen = useSignal(false)
  const {
    accountId,
    createdAt,
    jobId,
    messages,
    origin,
    parts,
    partsDone,
    partsRefused,
    status,
    until,
    waitingFor
  } = job
  return (
    <article class="card flat">
      <header>
        <div>
          <h2>
            {t(`jobs.${origin}`)} <span class={`tag ${status}`}>{t(`jobs.${status}`)}</span>
          </h2>
          <p class="soft small">
            {dateTime(createdAt)}
            {until !== null && ` · ${t('jobs.until', { date: date(until) })}`}
          </p>
        </div>
        <div class="row-buttons">
          <Button look="quiet" onClick={() => void (isOpen.value = true)}>
            {t('jobs.tasks')}
          </Button>
          {status === 'running' && may('operator') && (
            <Button
              onClick={async () => {
                await client().call('history.cancelBackfill', { accountId, jobId })
                onChanged()
              }}
            >
              {t('cancel')}
            </Button>
          )}
        </div>
      </header>
      <ProgressBar
        label={t('jobs.messages', { count: messages })}
        share={parts === 0 ? 1 : partsDone / parts}
        note={
          parts === 0
            ? t('jobs.nothing')
            : t('jobs.parts', { done: partsDone, all: parts, refused: partsRefused })
        }
      />
      {waitingFor !== null && status === 'running' && <p class="soft small">{waitingFor}</p>}
      {isOpen.value && (
        <Dialog title={t('jobs.tasks')} onClose={() => void (isOpen.value = false)} wide>
          <Tasks job={job} />
        </Dialog>
      )}
    </article>
  )
}

const List = ({ accountId }: { readonly accountId: string }) => {
  const turn = useChanges(({ what }) => what === 'thread' || what === 'account' || what === 'progress')
  const changed = useSignal(0)
  const again = (): void => void (changed.value += 1)
  return (
    <>
      {may('operator') && (
        <Button
          icon="history"
          onClick={async () => {
            await client().call('history.backfill', { accountId, body: { threads: ALL_THREADS, count: 0 } })
            tellDone(t('gap.started'))
            again()
          }}
        >
          {t('jobs.fetchAll')}
        </Button>
      )}
      <Paged
        of={[accountId]}
        on={[turn, changed.value]}
        read={async cursor => {
          const { jobs, nextCursor } = await client().call('history.backfillJobs', {
            accountId,
            limit: 20,
            ...(cursor === undefined ? {} : { cursor })
          })
          return { items: jobs, next: nextCursor }
        }}
        empty={
          <Empty icon="history" title={t('jobs.emptyTitle')}>
            <p>{t('jobs.emptyText')}</p>
          </Empty>
        }
      >
        {jobs => (
          <div class="stack">
            {jobs.map(job => (
              <JobCard key={job.jobId} job={job} onChanged={again} />
            ))}
          </div>
        )}
      </Paged>
    </>
  )
}

export const Jobs = () => <ForAccount>{accountId => <List accountId={accountId} />}</ForAccount>
