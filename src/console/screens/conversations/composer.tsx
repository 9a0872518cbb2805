// Writing: text, files by button, by dropping or by pasting, everything else by the menu; at once or later.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { dateTime } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { IconButton } from '../../parts/button.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Menu } from '../../parts/menu.tsx'
import { may } from '../../session.ts'
import { useShortcuts } from '../../shortcuts.tsx'
import { accountOf, isOnline } from '../../state/accounts.ts'
import type { Conversation } from '../../state/conversation.ts'
import { personName } from '../../state/people.ts'
import { attempt, tellDone } from '../../toasts.ts'
import { draft, send } from './acts.ts'
import { type Extra, ExtraDialog } from './extras.tsx'
import { FilesDialog } from './files.tsx'
import { LaterDialog } from './later.tsx'

interface ComposerProps {
  readonly conversation: Conversation
  /** Files that were dropped on the conversation. */
  readonly dropped: ReadonlyArray<File>
  readonly onTaken: () => void
}

const About = ({ onStop }: { readonly onStop: () => void }) => {
  if (draft.value === undefined) return null
  const { about, message } = draft.value
  const who = message.direction === 'outbound' ? t('you') : (message.senderName ?? personName(message.sender))
  return (
    <div class="about">
      <Icon name={about} size={18} />
      <div>
        <b>{about === 'edit' ? t('composer.editing') : t('composer.replying', { name: who })}</b>
        <span dir="auto">{message.body ?? t('composer.attachment')}</span>
      </div>
      <IconButton icon="close" label={t('cancel')} onClick={onStop} />
    </div>
  )
}

const Later = ({ at, onStop }: { readonly at: number; readonly onStop: () => void }) => (
  <div class="about">
    <Icon name="clock" size={18} />
    <div>
      <b>{t('composer.later', { when: dateTime(at) })}</b>
    </div>
    <IconButton icon="close" label={t('cancel')} onClick={onStop} />
  </div>
)

const grow = (area: HTMLTextAreaElement | null): void => {
  if (area === null) return
  area.style.height = 'auto'
  area.style.height = `${Math.min(area.scrollHeight + 2, innerHeight / 3)}px`
}

/** Texts that were begun, by thread: going elsewhere loses none. */
const begun = new Map<string, string>()

export const Composer = ({ conversation, dropped, onTaken }: ComposerProps) => {
  const { accountId, threadId } = conversation
  const text = useSignal(begun.get(threadId) ?? '')
  const files = useSignal<ReadonlyArray<File>>([])
  const extra = useSignal<Extra | undefined>(undefined)
  const sendAt = useSignal<number | undefined>(undefined)
  const isPlanning = useSignal(false)
  const area = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const about = draft.value
  const write = (value: string): void => {
    text.value = value
    begun.set(threadId, value)
  }
  useShortcuts([{ key: 'c', label: 'shortcut.write', run: () => area.current?.focus() }])
  useEffect(() => {
    if (about === undefined) return
    if (about.about === 'edit') write(about.message.body ?? '')
    area.current?.focus()
  }, [about])
  useEffect(() => grow(area.current), [text.value])
  useEffect(() => {
    if (dropped.length > 0) {
      files.value = dropped
      onTaken()
    }
  }, [dropped])
  const submit = async (): Promise<void> => {
    const written = text.value.trim()
    if (written === '') return
    const at = sendAt.value
    const present = draft.value
    write('')
    draft.value = undefined
    sendAt.value = undefined
    const isTaken = await attempt(async () => {
      await send(
        conversation,
        present?.about === 'edit'
          ? { edit: { messageId: present.message.messageId, text: written } }
          : {
              text: written,
              ...(present === undefined ? {} : { replyTo: present.message.messageId }),
              ...(at === undefined ? {} : { sendAt: at })
            }
      )
      if (at !== undefined) tellDone(t('composer.planned', { when: dateTime(at) }))
      await conversation.catchUp()
      return true
    })
    // What was not taken is not lost.
    if (isTaken !== true) write(written)
  }
  if (!may('agent')) return <p class="read-only">{t('composer.readOnly')}</p>
  const account = accountOf(accountId)
  return (
    <div class="composer">
      {account !== undefined && !isOnline(account) && <p class="composer-note">{t('composer.offline')}</p>}
      <About
        onStop={() => {
          if (draft.value?.about === 'edit') write('')
          draft.value = undefined
        }}
      />
      {sendAt.value !== undefined && (
        <Later at={sendAt.value} onStop={() => void (sendAt.value = undefined)} />
      )}
      <form
        onSubmit={event => {
          event.preventDefault()
          void submit()
        }}
      >
        <Menu
          icon="plus"
          label={t('composer.more')}
          items={[
            { icon: 'attach', label: t('composer.files'), onSelect: () => picker.current?.click() },
            { icon: 'poll', label: t('composer.poll'), onSelect: () => void (extra.value = 'poll') },
            { icon: 'calendar', label: t('composer.event'), onSelect: () => void (extra.value = 'event') },
            { icon: 'place', label: t('composer.location'), onSelect: () => void (extra.value = 'location') },
            { icon: 'account', label: t('composer.contact'), onSelect: () => void (extra.value = 'contact') },
            { icon: 'clock', label: t('composer.schedule'), onSelect: () => void (isPlanning.value = true) }
          ]}
        />
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={({ currentTarget }) => {
            files.value = [...(currentTarget.files ?? [])]
            currentTarget.value = ''
          }}
        />
        <textarea
          ref={area}
          rows={1}
          dir="auto"
          placeholder={t('composer.placeholder')}
          aria-label={t('composer.placeholder')}
          value={text.value}
          onInput={({ currentTarget }) => write(currentTarget.value)}
          onKeyDown={event => {
            if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
              event.preventDefault()
              void submit()
            }
            if (event.key === 'Escape') event.currentTarget.blur()
          }}
          onPaste={event => {
            const pasted = [...(event.clipboardData?.files ?? [])]
            if (pasted.length === 0) return
            event.preventDefault()
            files.value = pasted
          }}
        />
        <button
          type="submit"
          class="send-button"
          aria-label={t('composer.send')}
          title={t('composer.send')}
          disabled={text.value.trim() === ''}
        >
          <Icon name={sendAt.value === undefined ? 'send' : 'clock'} />
        </button>
      </form>
      {files.value.length > 0 && (
        <FilesDialog
          conversation={conversation}
          files={files.value}
          text={text.value}
          onClose={() => void (files.value = [])}
          onSent={() => write('')}
        />
      )}
      {extra.value !== undefined && (
        <ExtraDialog
          conversation={conversation}
          extra={extra.value}
          onClose={() => void (extra.value = undefined)}
        />
      )}
      {isPlanning.value && (
        <LaterDialog
          onClose={() => void (isPlanning.value = false)}
          onChosen={at => {
            sendAt.value = at
            isPlanning.value = false
            area.current?.focus()
          }}
        />
      )}
    </div>
  )
}
