// One conversation: its head, its messages, the place to write.
import { useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { t } from '../../i18n/i18n.ts'
import { Avatar } from '../../parts/avatar.tsx'
import { Button, IconButton } from '../../parts/button.tsx'
import { NoThread } from '../../parts/gone.tsx'
import { Icon } from '../../parts/icon.tsx'
import { chatsPath } from '../../routes.ts'
import { client, may, mayPostStatuses } from '../../session.ts'
import { useShortcuts } from '../../shortcuts.tsx'
import { Conversation } from '../../state/conversation.ts'
import { isStatusThread, titleOf } from '../../state/threads.ts'
import { draft, forwarded, inspected, pinned } from './acts.ts'
import { Composer } from './composer.tsx'
import { DateDialog } from './date.tsx'
import { Details } from './details.tsx'
import { ForwardDialog } from './forward.tsx'
import { MessageInfo } from './message-info.tsx'
import { MessageMenu } from './message-menu.tsx'
import { PinDialog } from './pin.tsx'
import { PinnedBar } from './pinned-bar.tsx'
import { Stream } from './stream.tsx'

interface ConversationProps {
  readonly accountId: string
  readonly threadId: string
  readonly place: string | undefined
}

const CoverageChip = ({ conversation, onClick }: { conversation: Conversation; onClick: () => void }) => {
  const coverage = conversation.coverage.value
  if (coverage === undefined) return null
  return (
    <button
      type="button"
      class={`coverage-chip ${coverage.state}`}
      aria-label={t(`chip.${coverage.state}`)}
      onClick={onClick}
    >
      <Icon name={coverage.state === 'complete' ? 'check' : 'history'} size={16} />
      <span>{t(`chip.${coverage.state}`)}</span>
    </button>
  )
}

const Head = ({
  conversation,
  onDate,
  onDetails
}: {
  conversation: Conversation
  onDate: () => void
  onDetails: () => void
}) => {
  const [, navigate] = useLocation()
  const thread = conversation.thread.value
  const name = thread === undefined ? '' : titleOf(thread)
  const unread = thread?.unreadCount ?? 0
  return (
    <header class="conversation-head">
      <span class="only-narrow">
        <IconButton
          icon="back"
          label={t('back')}
          onClick={() => navigate(chatsPath(conversation.accountId))}
        />
      </span>
      <Avatar
        id={thread?.clientJid ?? ''}
        name={thread?.displayName ?? null}
        isGroup={thread?.kind === 'group'}
      />
      <div class="conversation-name">
        <h1>
          <bdi>{name}</bdi>
        </h1>
        <span class="soft small">
          {thread !== undefined &&
            t('conversation.about', {
              kind: t(`kind.${thread.kind}`),
              count: conversation.coverage.value?.messages ?? 0
            })}
        </span>
      </div>
      {may('agent') && unread > 0 && (
        <Button
          icon="checks"
          onClick={async () => {
            await client().call('threads.read', { threadId: conversation.threadId })
            await conversation.readFacts()
          }}
        >
          {t('conversation.read', { count: unread })}
        </Button>
      )}
      <CoverageChip conversation={conversation} onClick={onDetails} />
      <IconButton icon="calendar" label={t('date.title')} onClick={onDate} />
      <IconButton icon="info" label={t('details.title')} onClick={onDetails} />
    </header>
  )
}

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true

export const ConversationPane = ({ accountId, place, threadId }: ConversationProps) => {
  const conversation = useMemo(() => new Conversation(accountId, threadId), [accountId, threadId])
  const isChoosingDate = useSignal(false)
  const hasDetails = useSignal(false)
  const dropped = useSignal<ReadonlyArray<File>>([])
  const isDragged = useSignal(false)
  const opened = useRef<Conversation | undefined>(undefined)
  useEffect(() => {
    draft.value = undefined
    return () => {
      conversation.dispose()
      inspected.value = undefined
      forwarded.value = undefined
      pinned.value = undefined
    }
  }, [conversation])
  useEffect(() => {
    if (opened.current !== conversation) void conversation.open(place)
    else if (place !== undefined) void conversation.goTo(place)
    opened.current = conversation
  }, [conversation, place])
  useShortcuts(
    [
      { key: 'd', label: 'date.title', run: () => void (isChoosingDate.value = true) },
      { key: 'i', label: 'details.title', run: () => void (hasDetails.value = !hasDetails.value) },
      { key: 'e', label: 'stream.newest', run: () => void conversation.goToNewest() }
    ],
    [conversation]
  )
  if (conversation.isGone.value)
    return (
      <div class="conversation nothing-open">
        <NoThread accountId={accountId} />
      </div>
    )
  const mayWrite = isStatusThread(threadId) ? mayPostStatuses() : may('agent')
  return (
    <>
      <section
        class={isDragged.value ? 'conversation dragged' : 'conversation'}
        onDragOver={event => {
          if (!hasFiles(event) || !mayWrite) return
          event.preventDefault()
          isDragged.value = true
        }}
        onDragLeave={event => {
          if (
            event.relatedTarget === null ||
            !(event.relatedTarget instanceof Node) ||
            !event.currentTarget.contains(event.relatedTarget)
          )
            isDragged.value = false
        }}
        onDrop={event => {
          event.preventDefault()
          isDragged.value = false
          if (mayWrite) dropped.value = [...(event.dataTransfer?.files ?? [])]
        }}
      >
        <div>
          <Head
            conversation={conversation}
            onDate={() => void (isChoosingDate.value = true)}
            onDetails={() => void (hasDetails.value = !hasDetails.value)}
          />
          <PinnedBar conversation={conversation} />
        </div>
        <Stream conversation={conversation} />
        <Composer
          key={threadId}
          conversation={conversation}
          dropped={dropped.value}
          onTaken={() => void (dropped.value = [])}
        />
        {isDragged.value && <p class="drop-hint">{t('files.drop')}</p>}
      </section>
      {hasDetails.value && (
        <Details conversation={conversation} onClose={() => void (hasDetails.value = false)} />
      )}
      {isChoosingDate.value && (
        <DateDialog conversation={conversation} onClose={() => void (isChoosingDate.value = false)} />
      )}
      <MessageMenu />
      <MessageInfo />
      <PinDialog conversation={conversation} />
      <ForwardDialog accountId={accountId} />
    </>
  )
}
