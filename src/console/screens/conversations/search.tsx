// Found messages, with what was found in them marked. Each opens in its place.
import { Link } from 'wouter-preact'
import type { SearchHit } from '../../../client/index.ts'
import { moment } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { useLoaded } from '../../parts/loaded.ts'
import { Button } from '../../parts/button.tsx'
import { bodyOf } from '../../parts/event-times.ts'
import { Failure } from '../../parts/notice.tsx'
import { messagePath } from '../../routes.ts'
import { client } from '../../session.ts'
import { personName } from '../../state/people.ts'
import { useSignal } from '@preact/signals'

interface SearchProps {
  readonly accountId: string
  readonly q: string
  /** In this thread only. */
  readonly threadId: string | undefined
}

const AROUND = 60

/** The beginning is left out where it is far from what was found. */
const shortened = (text: string, isFirst: boolean): string =>
  isFirst && text.length > AROUND ? `… ${text.slice(-AROUND)}` : text

const Marked = ({ highlights, message }: SearchHit) => {
  const segments = highlights[0]?.segments
  if (segments === undefined) return <>{bodyOf(message)}</>
  return (
    <>
      {segments.map(({ match, text }, index) =>
        match ? (
          <mark key={index}>{text}</mark>
        ) : (
          <span key={index}>{shortened(bodyOf({ ...message, body: text }) ?? '', index === 0)}</span>
        )
      )}
    </>
  )
}

const Hit = ({ accountId, hit }: { readonly accountId: string; readonly hit: SearchHit }) => {
  const { direction, messageId, sender, senderName, tsClient } = hit.message
  return (
    <li>
      <Link class="hit" href={messagePath(accountId, hit.threadId, messageId)}>
        <span class="hit-head">
          <bdi>{hit.threadName ?? '–'}</bdi>
          <time>{moment(tsClient)}</time>
        </span>
        <span class="hit-text" dir="auto">
          <b>{direction === 'outbound' ? t('you') : (senderName ?? personName(sender))}: </b>
          <Marked {...hit} />
        </span>
      </Link>
    </li>
  )
}

export const SearchResults = ({ accountId, q, threadId }: SearchProps) => {
  const more = useSignal<ReadonlyArray<SearchHit>>([])
  const cursor = useSignal<string | null | undefined>(undefined)
  const only = threadId === undefined ? {} : { threadId }
  const { state } = useLoaded(async () => {
    more.value = []
    cursor.value = undefined
    return client().call('reading.search', { accountId, q, limit: 30, ...only })
  }, [accountId, q, threadId])
  const { error, value: page } = state.value
  if (error !== undefined) return <Failure error={error} />
  if (page === undefined) return <p class="waiting">{t('loading')}</p>
  const next = cursor.value === undefined ? page.nextCursor : cursor.value
  const hits = [...page.hits, ...more.value]
  return (
    <section aria-label={t('search.messages')}>
      <h2 class="list-title" role="status">
        {t(next === null ? 'search.found' : 'search.first', { count: hits.length })}
      </h2>
      {hits.length === 0 && <p class="soft list-note">{t('search.nothing')}</p>}
      <ul class="hits">
        {hits.map(hit => (
          <Hit key={hit.message.messageKey} accountId={accountId} hit={hit} />
        ))}
      </ul>
      {next !== null && (
        <Button
          look="quiet"
          onClick={async () => {
            const after = await client().call('reading.search', {
              accountId,
              q,
              limit: 30,
              cursor: next,
              ...only
            })
            more.value = [...more.value, ...after.hits]
            cursor.value = after.nextCursor
          }}
        >
          {t('search.more')}
        </Button>
      )}
    </section>
  )
}
