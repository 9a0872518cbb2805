// Writing: text, files by button, by dropping or by pasting, everything else by the menu; at once or later.
import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { SendRequest } from '../../../client/index.ts'
import { dateTime } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { IconButton } from '../../parts/button.tsx'
import { bodyOf } from '../../parts/event-times.ts'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { Menu } from '../../parts/menu.tsx'
import { may, mayPostStatuses } from '../../session.ts'
import { useShortcuts } from '../../shortcuts.tsx'
import { accountOf, isOnline } from '../../state/accounts.ts'
import type { Conversation } from '../../state/conversation.ts'
import { personName } from '../../state/people.ts'
import { isStatusThread } from '../../state/threads.ts'
import { attempt, tellDone } from '../../toasts.ts'
import { type Draft, draft, mentionsIn, newAttempt, send, type Timing } from './acts.ts'
import { type Extra, ExtraDialog } from './extras.tsx'
import { FilesDialog, POSTED_FILES } from './files.tsx'
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
        <span dir="auto">{bodyOf(message) ?? t('composer.attachment')}</span>
      </div>
      <IconButton icon="close" label={t('cancel')} onClick={onStop} />
    </div>
  )
}

const Later = ({
  onStop,
  timing: { expiresAt, sendAt }
}: {
  readonly timing: Timing
  readonly onStop: () => void
}) =>
  sendAt === undefined && expiresAt === undefined ? null : (
    <div class="about">
      <Icon name="clock" size={18} />
      <div>
        {sendAt !== undefined && <b>{t('composer.later', { when: dateTime(sendAt) })}</b>}
        {expiresAt !== undefined && <span>{t('composer.notAfter', { when: dateTime(expiresAt) })}</span>}
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

const AT_ONCE: Timing = {}

/** What the menu has for conversations. */
const EXTRAS = [
  ['poll', 'poll'],
  ['event', 'calendar'],
  ['location', 'place'],
  ['contact', 'account'],
  ['links', 'link']
] as const satisfies ReadonlyArray<readonly [Extra, IconName]>

/** What the text is to the conversation: a message, an answer, or another version of one. */
const requestOf = (
  text: string,
  about: Draft | undefined,
  timing: Timing,
  mentions: Pick<SendRequest, 'mentions'>
): SendRequest =>
  about?.about === 'edit'
    ? { edit: { messageId: about.message.messageId, text }, ...mentions }
    : {
        text,
        ...mentions,
        ...(about === undefined ? {} : { replyTo: about.message.messageId }),
        ...timing
      }

interface Failed {
  readonly request: SendRequest
  readonly idempotencyKey: string
}

/** The server may have taken what seemed to fail: the same is sent under the same name. */
const attemptFor = (request: SendRequest, failed: Failed | undefined): string =>
  failed !== undefined && JSON.stringify(failed.request) === JSON.stringify(request)
    ? failed.idempotencyKey
    : newAttempt()

export const Composer = ({ conversation, dropped, onTaken }: ComposerProps) => {
  const { accountId, threadId } = conversation
  const text = useSignal(begun.get(threadId) ?? '')
  const files = useSignal<ReadonlyArray<File>>([])
  const extra = useSignal<Extra | undefined>(undefined)
  const timing = useSignal(AT_ONCE)
  const isPlanning = useSignal(false)
  const area = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const failed = useRef<Failed | undefined>(undefined)
  const about = draft.value
  const isStatus = isStatusThread(threadId)
  const write = (value: string): void => {
    text.value = value
    begun.set(threadId, value)
  }
  const clear = (): void => {
    write('')
    draft.value = undefined
    timing.value = AT_ONCE
  }
  useShortcuts([{ key: 'c', label: 'shortcut.write', run: () => area.current?.focus() }])
  // With the drawing: what is typed next must not be written over.
  useLayoutEffect(() => {
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
    if (written === '') return area.current?.focus()
    const { value: about } = draft
    const { value: when } = timing
    const request = requestOf(written, about, when, isStatus ? {} : mentionsIn(written))
    const idempotencyKey = attemptFor(request, failed.current)
    clear()
    const isTaken = await attempt(async () => {
      await send(conversation, { ...request, idempotencyKey })
      return true
    })
    if (isTaken === true) {
      failed.current = undefined
      if (when.sendAt !== undefined) tellDone(t('composer.planned', { when: dateTime(when.sendAt) }))
      await conversation.catchUp()
    } else {
      // What was not taken is not lost.
      failed.current = { request, idempotencyKey }
      write(written)
      draft.value = about
      timing.value = when
    }
  }
  if (!may('agent')) return <p class="read-only">{t('composer.readOnly')}</p>
  if (isStatus && !mayPostStatuses()) return <p class="read-only">{t('newStatus.off')}</p>
  const account = accountOf(accountId)
  const prompt = t(isStatus ? 'newStatus.text' : 'composer.placeholder')
  return (
    <div class="composer">
      {account !== undefined && !isOnline(account) && <p class="composer-note">{t('composer.offline')}</p>}
      <About
        onStop={() => {
          if (draft.value?.about === 'edit') write('')
          draft.value = undefined
        }}
      />
      <Later timing={timing.value} onStop={() => void (timing.value = AT_ONCE)} />
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
            ...(isStatus
              ? []
              : EXTRAS.map(([kind, icon]) => ({
                  icon,
                  label: t(`composer.${kind}`),
                  onSelect: () => void (extra.value = kind)
                }))),
            { icon: 'clock', label: t('composer.schedule'), onSelect: () => void (isPlanning.value = true) }
          ]}
        />
        <input
          ref={picker}
          type="file"
          multiple
          accept={isStatus ? POSTED_FILES : undefined}
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
          placeholder={prompt}
          aria-label={prompt}
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
          class={text.value.trim() === '' ? 'send-button idle' : 'send-button'}
          aria-label={t('composer.send')}
          title={t('composer.send')}
        >
          <Icon name={timing.value.sendAt === undefined ? 'send' : 'clock'} />
        </button>
      </form>
      {files.value.length > 0 && (
        <FilesDialog
          conversation={conversation}
          files={files.value}
          text={text.value}
          timing={timing.value}
          onClose={() => void (files.value = [])}
          onSent={clear}
        />
      )}
      {extra.value !== undefined && (
        <ExtraDialog
          conversation={conversation}
          extra={extra.value}
          timing={timing.value}
          onClose={() => void (extra.value = undefined)}
          onSent={() => {
            draft.value = undefined
            timing.value = AT_ONCE
          }}
        />
      )}
      {isPlanning.value && (
        <LaterDialog
          onClose={() => void (isPlanning.value = false)}
          onChosen={chosen => {
            timing.value = chosen
            isPlanning.value = false
            area.current?.focus()
          }}
        />
      )}
    </div>
  )
}
