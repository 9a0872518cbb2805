// Where applications read, how far publishing is, files, and the inspector.
import { useEffect } from 'preact/hooks'
import type { DiskSpace, Inspector, PublishingStatus } from '../../../client/index.ts'
import { fileSize, number, relative } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { ProgressBar } from '../../parts/bars.tsx'
import { Button } from '../../parts/button.tsx'
import { useLoaded } from '../../parts/loaded.ts'
import { Failure, Notice, NotRefreshed } from '../../parts/notice.tsx'
import { client, may } from '../../session.ts'
import { useTicks } from '../../state/ticks.ts'
import { ForAccount } from './account-choice.tsx'

const Publishing = ({ refused, trouble, waiting, waitingSince }: PublishingStatus) => (
  <>
    <dl class="pairs">
      <div>
        <dt>{t('store.waiting')}</dt>
        <dd>
          {number(waiting)}
          {waitingSince !== null && ` · ${relative(waitingSince)}`}
        </dd>
      </div>
      <div>
        <dt>{t('store.refused')}</dt>
        <dd>{number(refused)}</dd>
      </div>
    </dl>
    {trouble && (
      <Notice kind="warn">
        {trouble.reason} ({relative(trouble.since)})
      </Notice>
    )}
  </>
)

const Space = ({ disk: { databaseBytes, freeBytes, totalBytes } }: { readonly disk: DiskSpace }) => (
  <article class="card flat">
    <h2>{t('store.disk')}</h2>
    <ProgressBar
      label={t('store.free')}
      share={freeBytes / Math.max(1, totalBytes)}
      note={t('store.of', { free: fileSize(freeBytes), total: fileSize(totalBytes) })}
    />
    <dl class="pairs">
      <div>
        <dt>{t('store.database')}</dt>
        <dd>{fileSize(databaseBytes)}</dd>
      </div>
    </dl>
  </article>
)

/** Publishing has no events of its own. */
const REFRESH_MS = 5000

const StoreState = () => {
  const { reload, state } = useLoaded(() => client().call('store.store'), [])
  const passed = useTicks(REFRESH_MS)
  useEffect(() => {
    if (passed > 0) void reload()
  }, [passed])
  const { error, value: store } = state.value
  if (store === undefined)
    return error === undefined ? <p class="waiting">{t('loading')}</p> : <Failure error={error} />
  const { disk, publishing } = store
  return (
    <>
      <NotRefreshed error={error} />
      <article class="card flat">
        <h2>{t('store.title')}</h2>
        <p>{t(`store.${store.store}`)}</p>
        {publishing && <Publishing {...publishing} />}
      </article>
      {disk && <Space disk={disk} />}
    </>
  )
}

const Files = ({ accountId }: { readonly accountId: string }) => {
  const { state } = useLoaded(() => client().call('media.overview', { accountId }), [accountId])
  const media = state.value.value
  if (state.value.error !== undefined) return <Failure error={state.value.error} />
  if (media === undefined) return null
  return (
    <article class="card flat">
      <h2>{t('files.received')}</h2>
      <dl class="pairs">
        {(['stored', 'waiting', 'failed', 'notFetched'] as const).map(name => (
          <div key={name}>
            <dt>{t(`files.${name}`)}</dt>
            <dd>{number(media[name])}</dd>
          </div>
        ))}
      </dl>
      <p class="soft small">
        <code>MEDIA_DOWNLOAD={media.policy}</code>
      </p>
    </article>
  )
}

const InspectorCard = () => {
  const { reload, state } = useLoaded<Inspector>(() => client().call('inspector.inspector'), [])
  const { error, value: inspector } = state.value
  if (inspector === undefined) return error === undefined ? null : <Failure error={error} />
  return (
    <article class="card flat">
      <h2>{t('inspector.title')}</h2>
      <NotRefreshed error={error} />
      <p>{t('inspector.text')}</p>
      <div class="row-buttons">
        <Button
          onClick={async () => {
            await client().call('inspector.turnInspector', { body: { on: !inspector.on } })
            await reload()
          }}
        >
          {inspector.on ? t('inspector.off') : t('inspector.on')}
        </Button>
        {inspector.on && (
          <a class="button quiet" href="/inspect" target="_blank" rel="noopener">
            {t('inspector.open')}
          </a>
        )}
      </div>
    </article>
  )
}

export const Store = () => (
  <div class="stack">
    <StoreState />
    <ForAccount>{accountId => <Files accountId={accountId} />}</ForAccount>
    {may('admin') && <InspectorCard />}
  </div>
)
