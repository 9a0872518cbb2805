// Events as they are heard in this tab.
import { useSignal } from '@preact/signals'
import { type HeardEvent, heard } from '../../events.ts'
import { clockTime } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { IconButton } from '../../parts/button.tsx'
import { Empty } from '../../parts/notice.tsx'
import { accountOf } from '../../state/accounts.ts'

/** What is shown already, or is long. */
const LEFT_OUT = new Set(['at', 'kind', 'eventId'])

const contentOf = ({ data }: HeardEvent): string =>
  JSON.stringify(Object.fromEntries(Object.entries(data).filter(([name]) => !LEFT_OUT.has(name))), null, 1)

/** Where it happened, and what it is about, in a few words. */
const Gist = ({ data }: HeardEvent) => {
  const { accountId, state, status } = data
  const account = typeof accountId === 'string' ? accountOf(accountId) : undefined
  const word = [state, status].find(one => typeof one === 'string')
  return (
    <>
      {account && <bdi>{account.name}</bdi>} {word !== undefined && <span class="tag">{word}</span>}
    </>
  )
}

export const Events = () => {
  const held = useSignal<ReadonlyArray<HeardEvent> | undefined>(undefined)
  const shown = held.value ?? heard.value
  if (shown.length === 0)
    return (
      <Empty icon="bolt" title={t('events.emptyTitle')}>
        <p>{t('events.emptyText')}</p>
      </Empty>
    )
  return (
    <>
      <p class="list-head">
        <span class="soft">{t('events.text')}</span>
        <IconButton
          icon={held.value === undefined ? 'pause' : 'play'}
          label={held.value === undefined ? t('events.hold') : t('events.goOn')}
          onClick={() => void (held.value = held.value === undefined ? heard.value : undefined)}
        />
      </p>
      <ol class="events">
        {shown.map((event, index) => (
          <li key={event.id ?? `${event.at}${event.type}${index}`}>
            <details>
              <summary>
                <time>{clockTime(event.at)}</time> <code>{event.type}</code> <Gist {...event} />{' '}
                <span class="soft small">{event.id ?? t('events.passing')}</span>
              </summary>
              <pre dir="ltr">{contentOf(event)}</pre>
            </details>
          </li>
        ))}
      </ol>
    </>
  )
}
