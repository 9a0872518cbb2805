// A message as a bubble: who, what it answers, what it says, how far it is, what came of it.
import { useSignal } from '@preact/signals'
import type { Message, Reaction } from '../../../client/index.ts'
import { dateTime, list, time } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { nameColour } from '../../parts/avatar.tsx'
import { bodyOf } from '../../parts/event-times.ts'
import { Icon } from '../../parts/icon.tsx'
import { memo } from '../../parts/memo.ts'
import { client, may } from '../../session.ts'
import type { Conversation } from '../../state/conversation.ts'
import { waitingFor } from '../../state/outbox.ts'
import { personName } from '../../state/people.ts'
import { whyItWaits } from '../../state/why.ts'
import { attempt } from '../../toasts.ts'
import { inspected, mayReact, mayReply, react, draft } from './acts.ts'
import { Content } from './content.tsx'
import { openMessageMenu } from './message-menu.tsx'
import { previewOf } from './preview.ts'
import { Ticks } from './ticks.tsx'

export interface BubbleProps {
  readonly conversation: Conversation
  readonly message: Message
  readonly isFirst: boolean
  readonly isGroup: boolean
  readonly parts: ReadonlyArray<Message>
}

const Quote = ({ conversation, message: { quoted } }: BubbleProps) => {
  if (quoted === null) return null
  const { excerpt, isStatus, messageId, threadId } = quoted
  const isHere = messageId !== null && (threadId === null || threadId === conversation.threadId)
  const answered = isHere ? conversation.messages.value.find(one => one.messageId === messageId) : undefined
  const who = isStatus
    ? t('quote.status')
    : answered === undefined
      ? t('quote.earlier')
      : answered.direction === 'outbound'
        ? t('you')
        : personName(answered.sender)
  return (
    <button
      type="button"
      class="quote"
      disabled={!isHere}
      onClick={() => void (messageId !== null && conversation.goTo(messageId))}
    >
      <b>{who}</b>
      <span dir="auto">
        {excerpt === null ? ((answered && bodyOf(answered)) ?? t('quote.nothing')) : previewOf(excerpt)}
      </span>
    </button>
  )
}

const grouped = (
  reactions: ReadonlyArray<Reaction>
): ReadonlyArray<readonly [string, ReadonlyArray<Reaction>]> => {
  const found = new Map<string, ReadonlyArray<Reaction>>()
  for (const one of reactions) found.set(one.emoji, [...(found.get(one.emoji) ?? []), one])
  return [...found]
}

const Reactions = ({ conversation, message }: BubbleProps) => {
  if (message.reactions.length === 0) return null
  return (
    <span class="reactions">
      {grouped(message.reactions).map(([emoji, reactions]) => {
        const who = list(reactions.map(({ sender }) => personName(sender)))
        return (
          <button
            key={emoji}
            type="button"
            title={who}
            aria-label={`${emoji} ${who}`}
            class={reactions.some(({ sender }) => sender === 'me') ? 'own' : ''}
            disabled={!mayReact(message)}
            onClick={() => void attempt(() => react(conversation, message, emoji))}
          >
            {emoji}
            {reactions.length > 1 && <b>{reactions.length}</b>}
          </button>
        )
      })}
    </span>
  )
}

/** Why it has not been sent, and how to stop it. */
const Waiting = ({ message }: { readonly message: Message }) => {
  const entry = waitingFor(message)
  if (entry === undefined) return null
  return (
    <span class="waits">
      {whyItWaits(entry)}
      {may('agent') && entry.status === 'queued' && (
        <button
          type="button"
          class="text-button"
          onClick={() =>
            void attempt(() =>
              client().call('outbox.cancel', { accountId: entry.accountId, entryId: entry.entryId })
            )
          }
        >
          {t('waits.cancel')}
        </button>
      )}
    </span>
  )
}

const Foot = ({ message }: { readonly message: Message }) => (
  <span class="foot">
    {message.starred && <Icon name="star" size={13} />}
    {message.edits.length > 0 && (
      <button type="button" class="text-button" onClick={() => void (inspected.value = message)}>
        {t('message.edited')}
      </button>
    )}
    <time dateTime={new Date(message.tsClient).toISOString()} title={dateTime(message.tsClient)}>
      {time(message.tsClient)}
    </time>
    {message.direction === 'outbound' && <Ticks status={message.status} />}
  </span>
)

const Marks = ({ message }: { readonly message: Message }) => (
  <>
    {message.forwarded !== null && (
      <span class="mark-line">
        <Icon name="forward" size={14} />
        {message.forwarded.frequently ? t('message.forwardedOften') : t('message.forwarded')}
      </span>
    )}
    {message.viewOnce && <span class="mark-line">{t('message.viewOnce')}</span>}
    {message.deletedForMeAt !== null && <span class="mark-line">{t('message.deletedForMe')}</span>}
  </>
)

const Tools = ({ conversation, message }: BubbleProps) => (
  <span class="tools">
    {mayReply(message) && (
      <button
        type="button"
        tabIndex={-1}
        class="icon-button"
        title={t('message.reply')}
        aria-label={t('message.reply')}
        onClick={() => void (draft.value = { about: 'reply', message })}
      >
        <Icon name="reply" size={17} />
      </button>
    )}
    <button
      type="button"
      tabIndex={-1}
      class="icon-button"
      title={t('message.more')}
      aria-label={t('message.more')}
      aria-haspopup="menu"
      onClick={event => openMessageMenu(conversation, message, event.currentTarget)}
    >
      <Icon name="more" size={17} />
    </button>
  </span>
)

/** Where nothing hovers, what can be done with a message is always beside it. */
const isTouched = matchMedia('(hover: none)').matches

const kindOf = ({ direction, media, type }: Message): string => {
  const isBare = type === 'sticker' && media !== null
  return `bubble ${direction}${isBare ? ' bare-bubble' : ''}${type === 'revoked' ? ' revoked' : ''}`
}

export const Bubble = memo((props: BubbleProps) => {
  const { isFirst, isGroup, message } = props
  const isFailed = message.status === 'failed' || message.status === 'cancelled'
  // There are some hundred messages: each has buttons only once somebody is at it.
  const isNear = useSignal(isTouched)
  const come = (): void => void (isNear.value = true)
  return (
    <div
      class={`message ${message.direction}${isFirst ? ' first' : ''}`}
      onPointerEnter={come}
      onFocusIn={come}
    >
      <div class={kindOf(message)}>
        {isFirst && isGroup && message.direction === 'inbound' && (
          <b class={`writer ${nameColour(message.sender ?? '')}`}>
            <bdi>{message.senderName ?? personName(message.sender)}</bdi>
          </b>
        )}
        <Marks message={message} />
        <Quote {...props} />
        <Content message={message} parts={props.parts} />
        <Foot message={message} />
        <Reactions {...props} />
      </div>
      {isNear.value && <Tools {...props} />}
      {message.status === 'queued' && <Waiting message={message} />}
      {isFailed && (
        <span class="waits failed">
          {t(`status.${message.status}`)} {message.statusReason}
        </span>
      )}
    </div>
  )
})
