// The messages of a conversation, from top to bottom, as far as they are in the window.
import { computed, useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { day } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { IconButton } from '../../parts/button.tsx'
import { Empty, Failure, NotRefreshed } from '../../parts/notice.tsx'
import { WindowList } from '../../parts/window-list.tsx'
import type { Conversation } from '../../state/conversation.ts'
import { learnNames } from '../../state/people.ts'
import { type Row, rowsOf } from '../../state/rows.ts'
import { Bubble } from './bubble.tsx'
import { GapView, StartView } from './gap.tsx'
import { openMessageMenu } from './message-menu.tsx'
import { SystemLine } from './system-line.tsx'

interface StreamProps {
  readonly conversation: Conversation
}

const RowView = ({
  conversation,
  isGroup,
  row
}: StreamProps & { readonly isGroup: boolean; readonly row: Row }) => {
  switch (row.kind) {
    case 'start':
      return <StartView conversation={conversation} isReached={row.isReached} />
    case 'day':
      return (
        <h2 class="day">
          <span>{day(row.at)}</span>
        </h2>
      )
    case 'gap':
      return <GapView conversation={conversation} gap={row.gap} span={row.span} />
    case 'message':
      return row.message.type === 'system' ? (
        <SystemLine message={row.message} />
      ) : (
        <Bubble
          conversation={conversation}
          message={row.message}
          isFirst={row.isFirst}
          isGroup={isGroup}
          parts={row.parts}
        />
      )
  }
}

/** Arrows go from message to message, Enter opens the menu of one. */
const walk = (event: KeyboardEvent, conversation: Conversation): void => {
  const row = document.activeElement?.closest<HTMLElement>('[data-key]')
  if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
    const rows = [...document.querySelectorAll<HTMLElement>('.window-rows > [data-key]')]
    const at = row == null ? rows.length : rows.indexOf(row)
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + (event.key === 'ArrowUp' ? -1 : 1)))]
    if (next === undefined) return
    event.preventDefault()
    next.focus({ preventScroll: true })
    next.scrollIntoView({ block: 'nearest' })
  } else if (event.key === 'Enter' && row !== null && row !== undefined && document.activeElement === row) {
    const message = conversation.messages.value.find(({ messageId }) => messageId === row.dataset['key'])
    if (message === undefined || message.type === 'system') return
    // The key is not for what has the focus then.
    event.preventDefault()
    openMessageMenu(conversation, message, row)
  }
}

const FAR_PX = 800

export const Stream = ({ conversation }: StreamProps) => {
  const isFar = useSignal(false)
  const rows = useMemo(
    () =>
      computed(() => {
        const { atNewest, atOldest } = conversation.window.value
        return rowsOf({
          messages: conversation.messages.value,
          coverage: conversation.coverage.value,
          atNewest,
          atOldest
        })
      }),
    [conversation]
  )
  useEffect(() => conversation.messages.subscribe(learnNames), [conversation])
  const { messages, thread, window } = conversation
  const target = conversation.target.value
  const isGroup = thread.value?.kind !== undefined && thread.value.kind !== 'direct'
  const { atNewest } = window.value
  if (conversation.error.value !== undefined && messages.value.length === 0)
    return <Failure error={conversation.error.value} retry={() => conversation.open()} />
  if (conversation.isReading.value) return <p class="waiting centered">{t('loading')}</p>
  if (messages.value.length === 0 && atNewest)
    return (
      <Empty icon="chats" title={t('stream.emptyTitle')}>
        <p>{t('stream.emptyText')}</p>
      </Empty>
    )
  return (
    <div class="stream" onKeyDown={event => walk(event, conversation)}>
      <NotRefreshed error={conversation.error.value} />
      <WindowList
        label={t('stream.label')}
        followsEnd={atNewest}
        target={target === undefined ? undefined : { key: target.messageId, turn: target.turn }}
        onNearStart={() => void conversation.loadOlder()}
        onNearEnd={() => void conversation.loadNewer()}
        onScrolled={fromEnd => {
          const isNow = fromEnd > FAR_PX || !conversation.window.value.atNewest
          if (isFar.peek() !== isNow) isFar.value = isNow
        }}
      >
        {rows.value.map(row => (
          <div
            key={row.key}
            class={`row row-${row.kind}`}
            {...(row.kind === 'message' ? { 'data-key': row.key, tabIndex: -1 } : {})}
          >
            <RowView conversation={conversation} isGroup={isGroup} row={row} />
          </div>
        ))}
      </WindowList>
      {isFar.value && (
        <span class="to-end">
          <IconButton icon="down" label={t('stream.newest')} onClick={() => conversation.goToNewest()} />
        </span>
      )}
    </div>
  )
}
