// What a person should know: what happened, what the server did, what to do.
import { useSignal } from '@preact/signals'
import { Link } from 'wouter-preact'
import type { Incident } from '../../../client/index.ts'
import { relative } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { Empty } from '../../parts/notice.tsx'
import { Paged } from '../../parts/paged.tsx'
import { activityPath } from '../../routes.ts'
import { client, may, session } from '../../session.ts'
import { accountOf, accounts } from '../../state/accounts.ts'
import { useChanges } from '../../state/changes.ts'

interface Told {
  readonly incident: Incident
  /** The name of the webhook that it is about, for who may see webhooks. */
  readonly webhook: string | undefined
}

const IncidentCard = ({
  incident,
  onChanged,
  webhook
}: Told & {
  readonly onChanged: () => void
}) => {
  const {
    accountId,
    acknowledgedAt,
    advice,
    count,
    did,
    happened,
    incidentId,
    kind,
    lastSeenAt,
    resolvedAt,
    severity
  } = incident
  const account = accountId === null ? undefined : accountOf(accountId)
  return (
    <article class={`card flat incident ${severity}`} aria-label={happened}>
      <header>
        <div>
          <h2>{happened}</h2>
          <p class="soft small">
            <code>{kind}</code>
            {account && ` · ${account.name}`}
            {webhook !== undefined && (
              <>
                {' · '}
                <Link href={activityPath('webhooks')}>
                  <bdi>{webhook}</bdi>
                </Link>
              </>
            )}{' '}
            · {relative(lastSeenAt)}
            {count > 1 && ` · ${t('incidents.times', { count })}`}
          </p>
        </div>
        {acknowledgedAt === null && may('operator') && (
          <Button
            icon="check"
            onClick={async () => {
              await client().call('feed.acknowledge', { incidentId })
              onChanged()
            }}
          >
            {t('incidents.acknowledge')}
          </Button>
        )}
      </header>
      <dl class="pairs">
        <div>
          <dt>{t('incidents.did')}</dt>
          <dd>{did}</dd>
        </div>
        <div>
          <dt>{t('incidents.advice')}</dt>
          <dd>{advice}</dd>
        </div>
      </dl>
      {resolvedAt !== null && (
        <p class="small good-text">{t('incidents.resolved', { when: relative(resolvedAt) })}</p>
      )}
    </article>
  )
}

/** A key for some accounts asks for each of them. */
const readAll = async (acknowledged: boolean): Promise<ReadonlyArray<Incident>> => {
  const ids =
    session.value?.me.accounts === 'all' ? [undefined] : accounts.peek().map(({ accountId }) => accountId)
  const lists = await Promise.all(
    ids.map(accountId =>
      client().call('feed.incidents', {
        limit: 100,
        acknowledged,
        ...(accountId === undefined ? {} : { accountId })
      })
    )
  )
  return lists.flatMap(({ incidents }) => incidents).toSorted((a, b) => b.lastSeenAt - a.lastSeenAt)
}

const isOfWebhook = ({ kind }: Incident): boolean => kind.startsWith('webhook.')

const withWebhooks = async (incidents: ReadonlyArray<Incident>): Promise<ReadonlyArray<Told>> => {
  const isAsked = may('operator') && incidents.some(isOfWebhook)
  const webhooks = isAsked ? (await client().call('webhooks.list')).webhooks : []
  const names = new Map(webhooks.map(({ name, webhookId }) => [webhookId, name]))
  return incidents.map(incident => ({
    incident,
    webhook: isOfWebhook(incident) ? names.get(incident.subject) : undefined
  }))
}

export const Incidents = () => {
  const acknowledged = useSignal(false)
  const turn = useChanges(({ what }) => what === 'incident')
  const changed = useSignal(0)
  return (
    <>
      <div class="chips plain-chips" role="group" aria-label={t('threads.filter')}>
        {[false, true].map(one => (
          <button
            key={String(one)}
            type="button"
            class="chip"
            aria-pressed={acknowledged.value === one}
            onClick={() => void (acknowledged.value = one)}
          >
            {one ? t('incidents.seen') : t('incidents.new')}
          </button>
        ))}
      </div>
      <Paged
        of={[acknowledged.value]}
        on={[turn, changed.value, accounts.value.length]}
        read={async () => ({ items: await withWebhooks(await readAll(acknowledged.value)), next: null })}
        empty={
          <Empty icon="check" title={t('incidents.emptyTitle')}>
            <p>{t('incidents.emptyText')}</p>
          </Empty>
        }
      >
        {incidents => (
          <div class="stack">
            {incidents.map(({ incident, webhook }) => (
              <IncidentCard
                key={incident.incidentId}
                incident={incident}
                webhook={webhook}
                onChanged={() => void (changed.value += 1)}
              />
            ))}
          </div>
        )}
      </Paged>
    </>
  )
}
