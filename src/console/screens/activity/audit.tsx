// Who changed what through the API.
import { useSignal } from '@preact/signals'
import type { AuditEntry } from '../../../client/index.ts'
import { dateTime } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Empty } from '../../parts/notice.tsx'
import { Paged } from '../../parts/paged.tsx'
import { Table } from '../../parts/table.tsx'
import { client } from '../../session.ts'
import { accountOf } from '../../state/accounts.ts'

const callerOf = ({ caller }: AuditEntry): string => caller.name ?? caller.id ?? t(`caller.${caller.kind}`)

const aboutOf = ({ accountId, resources }: AuditEntry): string =>
  [accountId === null ? '' : (accountOf(accountId)?.name ?? accountId), ...Object.values(resources)]
    .filter(text => text !== '')
    .join(' · ')

const save = async (): Promise<void> => {
  const response = await client().call('audit.export', {})
  const url = URL.createObjectURL(await response.blob())
  const link = document.createElement('a')
  link.href = url
  link.download = 'audit.jsonl'
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

export const Audit = () => {
  const turn = useSignal(0)
  return (
    <>
      <div class="list-head">
        <p class="soft">{t('audit.text')}</p>
        <span class="row-buttons">
          <Button look="quiet" onClick={() => void (turn.value += 1)}>
            {t('reload')}
          </Button>
          <Button icon="download" onClick={save}>
            {t('audit.export')}
          </Button>
        </span>
      </div>
      <Paged
        of={[]}
        on={[turn.value]}
        read={async cursor => {
          const { entries, nextCursor } = await client().call('audit.list', {
            limit: 50,
            ...(cursor === undefined ? {} : { cursor })
          })
          return { items: entries, next: nextCursor }
        }}
        empty={
          <Empty icon="shield" title={t('audit.emptyTitle')}>
            <p>{t('audit.emptyText')}</p>
          </Empty>
        }
      >
        {entries => (
          <Table
            label={t('activity.audit')}
            rows={entries}
            keyOf={({ auditId }) => String(auditId)}
            columns={[
              { name: t('column.when'), cell: ({ at }) => dateTime(at) },
              { name: t('column.who'), cell: entry => <bdi class="who">{callerOf(entry)}</bdi> },
              { name: t('column.what'), cell: ({ operation }) => <code>{operation}</code> },
              { name: t('column.about'), cell: aboutOf },
              { name: t('column.from'), cell: ({ remoteAddress }) => <code>{remoteAddress ?? '–'}</code> },
              { name: t('column.answer'), cell: ({ status }) => status ?? '–' }
            ]}
          />
        )}
      </Paged>
    </>
  )
}
