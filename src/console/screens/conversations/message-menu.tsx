// One menu for all messages: it opens beside the one that it is about.
import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Message } from '../../../client/index.ts'
import { t } from '../../i18n/i18n.ts'
import { copyText } from '../../parts/clipboard.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { placeBeside } from '../../parts/menu.tsx'
import type { Conversation } from '../../state/conversation.ts'
import { attempt } from '../../toasts.ts'
import {
  draft,
  forwarded,
  inspected,
  mayEdit,
  mayForward,
  mayReact,
  mayReply,
  mayRevoke,
  pinned,
  react,
  send
} from './acts.ts'

interface Opened {
  readonly conversation: Conversation
  readonly message: Message
  readonly button: HTMLElement
}

const opened = signal<Opened | undefined>(undefined)

export const openMessageMenu = (conversation: Conversation, message: Message, button: HTMLElement): void => {
  opened.value = { conversation, message, button }
}

const EMOJI = ['👍', '❤️', '😂', '😮', '😢', '🙏']

interface Item {
  readonly icon: IconName
  readonly label: string
  readonly run: () => unknown
  readonly isDanger?: boolean
}

const itemsFor = ({ conversation, message }: Opened): ReadonlyArray<Item> => {
  const { messageId } = message
  const items: Array<Item> = []
  if (mayReply(message))
    items.push({
      icon: 'reply',
      label: t('message.reply'),
      run: () => void (draft.value = { about: 'reply', message })
    })
  if (mayEdit(message))
    items.push({
      icon: 'edit',
      label: t('message.edit'),
      run: () => void (draft.value = { about: 'edit', message })
    })
  if (message.body !== null)
    items.push({
      icon: 'copy',
      label: t('message.copy'),
      run: () => copyText(message.body ?? '')
    })
  if (mayForward(message))
    items.push({ icon: 'forward', label: t('message.forward'), run: () => void (forwarded.value = message) })
  if (mayReply(message))
    items.push(
      conversation.isPinned(message)
        ? {
            icon: 'unpin',
            label: t('message.unpin'),
            run: () => send(conversation, { unpin: { messageId } })
          }
        : { icon: 'pin', label: t('message.pin'), run: () => void (pinned.value = message) }
    )
  items.push({ icon: 'info', label: t('message.info'), run: () => void (inspected.value = message) })
  if (mayRevoke(message, conversation.thread.value?.kind === 'group'))
    items.push({
      icon: 'trash',
      label: t('message.revoke'),
      isDanger: true,
      run: () => send(conversation, { revoke: { messageId } })
    })
  return items
}

export const MessageMenu = () => {
  const menu = useRef<HTMLDivElement>(null)
  const present = opened.value
  useEffect(() => {
    if (present === undefined || menu.current === null) return
    menu.current.showPopover()
    placeBeside(menu.current, present.button)
    menu.current.querySelector('button')?.focus()
  }, [present])
  if (present === undefined) return null
  const close = (): void => menu.current?.hidePopover()
  return (
    <div
      ref={menu}
      class="menu"
      role="menu"
      aria-label={t('message.more')}
      popover="auto"
      onToggle={event => {
        if (event.newState === 'closed') {
          // What was chosen may have taken the focus already.
          if (document.activeElement === document.body) present.button.focus()
          opened.value = undefined
        }
      }}
    >
      {mayReact(present.message) && (
        <div class="emoji-row" role="group" aria-label={t('message.react')}>
          {EMOJI.map(emoji => (
            <button
              key={emoji}
              type="button"
              role="menuitem"
              aria-label={`${t('message.react')} ${emoji}`}
              onClick={() => {
                close()
                void attempt(() => react(present.conversation, present.message, emoji))
              }}
            >
              {emoji}
            </button>
          ))}
        </div>
      )}
      {itemsFor(present).map(({ icon, isDanger, label, run }) => (
        <button
          key={label}
          type="button"
          role="menuitem"
          class={isDanger === true ? 'danger' : ''}
          onClick={() => {
            close()
            void attempt(async () => run())
          }}
        >
          <Icon name={icon} size={18} />
          {label}
        </button>
      ))}
    </div>
  )
}
