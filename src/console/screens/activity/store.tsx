// Where applications read, how far publishing is, files, and the inspector.
import type { Inspector } from '../../../client/index.ts'
import { dateTime, number } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Button } from '../../parts/button.tsx'
import { useLoaded } from '../../parts/loaded.ts'
import { Failure, Notice } from '../../parts/notice.tsx'
import { client, may } from '../../session.ts'
import { useChanges } from '../../state/changes.ts'
import { ForAccount } from './account-choice.tsx'

const Publishing = () => {
  const turn = useChanges(({ what }) => what === 'message' || what === 'thread')
  const { state } = useLoaded(() => client().call('store.store'), [Math.floor(turn / 5)])
  if (state.value.error !== undefined) return <Failure error={state.value.error} />
  const store = state.value.value
  if (store === undefined) return <p class="waiting">{t('loading')}</p>
  const { publishing } = store
  return (
    <article class="card flat">
      <h2>{t('store.title')}</h2>
      <p>{t(`store.${store.store}`)}</p>
      {publishing && (
        <dl class="pairs">
          <div>
            <dt>{t('store.waiting')}</dt>
            <dd>
              {number(publishing.waiting)}
              {publishing.waitingSince !== null && ` (${dateTime(publishing.waitingSince)})`}
            </dd>
          </div>
          <div>
            <dt>{t('store.refused')}</dt>
            <dd>{number(publishing.refused)}</dd>
          </div>
        </dl>
      )}
      {publishing?.trouble && <Notice kind="warn">{publishing.trouble.reason}</Notice>}
    </article>
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
  const inspector = state.value.value
  if (state.value.error !== undefined) return <Failure error={state.value.error} />
  if (inspector === undefined) return null
  return (
    <article class="card flat">
      <h2>{t('inspector.title')}</h2>
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
    <Publishing />
    <ForAccount>{accountId => <Files accountId={accountId} />}</ForAccount>
    {may('admin') && <InspectorCard />}
  </div>
)
