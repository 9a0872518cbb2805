// The threads of an account: searched, narrowed down, newest first, live.
import { useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import type { Label, Thread } from '../../../client/index.ts'
import { moment, number } from '../../format.ts'
import { t } from '../../i18n/i18n.ts'
import { Avatar } from '../../parts/avatar.tsx'
import { IconButton } from '../../parts/button.tsx'
import { Icon } from '../../parts/icon.tsx'
import { useLoaded } from '../../parts/loaded.ts'
import { Failure, NotRefreshed } from '../../parts/notice.tsx'
import { chatsPath, threadPath } from '../../routes.ts'
import { client, may, mayPostStatuses } from '../../session.ts'
import { useShortcuts } from '../../shortcuts.tsx'
import { accounts } from '../../state/accounts.ts'
import { isMuted, type ThreadFilter, ThreadList, titleOf } from '../../state/threads.ts'
import { NewChatDialog } from './new-chat.tsx'
import { NewStatusDialog } from './new-status.tsx'
import { previewOf } from './preview.ts'
import { SearchResults } from './search.tsx'

interface SidebarProps {
  readonly accountId: string
  readonly threadId: string | undefined
}

const AccountChoice = ({ accountId }: { readonly accountId: string }) => {
  const [, navigate] = useLocation()
  const present = accounts.value.find(account => account.accountId === accountId)
  if (accounts.value.length < 2)
    return (
      <h1 class="account-name">
        <bdi>{present?.name}</bdi>
      </h1>
    )
  return (
    <>
      <h1 class="hidden-text">{t('nav.chats')}</h1>
      <select
        class="account-name"
        aria-label={t('nav.accounts')}
        value={accountId}
        onChange={({ currentTarget }) => navigate(chatsPath(currentTarget.value))}
      >
        {accounts.value.map(account => (
          <option key={account.accountId} value={account.accountId}>
            {account.name}
          </option>
        ))}
      </select>
    </>
  )
}

const ThreadRow = ({ isOpen, thread }: { readonly isOpen: boolean; readonly thread: Thread }) => {
  const {
    accountId,
    clientJid,
    displayName,
    lastMessageAt,
    lastMessageDirection,
    lastMessageText,
    unreadCount
  } = thread
  const name = titleOf(thread)
  return (
    <li>
      <Link
        class={unreadCount > 0 || thread.markedUnread ? 'thread unread' : 'thread'}
        href={threadPath(accountId, thread.threadId)}
        aria-current={isOpen ? 'page' : undefined}
      >
        <Avatar id={clientJid} name={displayName} isGroup={thread.kind === 'group'} />
        <span class="thread-main">
          <span class="thread-head">
            <bdi>{name}</bdi>
            {lastMessageAt !== null && <time>{moment(lastMessageAt)}</time>}
          </span>
          <span class="thread-text">
            <span dir="auto">
              {lastMessageDirection === 'outbound' && <span class="soft">{t('you')}: </span>}
              {previewOf(lastMessageText)}
            </span>
            {isMuted(thread) && <Icon name="mute" size={15} />}
            {thread.pinnedAt !== null && <Icon name="pin" size={15} />}
            {unreadCount > 0 && (
              <b class="unread-count">
                {number(unreadCount)}
                <span class="hidden-text"> {t('threads.unreadCount')}</span>
              </b>
            )}
            {unreadCount === 0 && thread.markedUnread && <b class="unread-count dot" />}
          </span>
        </span>
      </Link>
    </li>
  )
}

const VIEWS = ['all', 'unread', 'group', 'archived'] as const
type View = (typeof VIEWS)[number]

const filterOf = (view: View, label: string, q: string): ThreadFilter => ({
  archived: view === 'archived',
  ...(view === 'unread' ? { unread: true } : {}),
  ...(view === 'group' ? { kind: 'group' } : {}),
  ...(label === '' ? {} : { label }),
  ...(q === '' ? {} : { q })
})

const Threads = ({
  list,
  threadId
}: {
  readonly list: ThreadList
  readonly threadId: string | undefined
}) => {
  const end = useRef<HTMLLIElement>(null)
  const [, navigate] = useLocation()
  useEffect(() => {
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting === true) void list.loadOlder()
      },
      { rootMargin: '600px' }
    )
    if (end.current !== null) observer.observe(end.current)
    return () => observer.disconnect()
  }, [list, list.threads.value.length])
  const step = (by: number): void => {
    const { value: threads } = list.threads
    const at = threads.findIndex(one => one.threadId === threadId)
    const next = threads[Math.max(0, Math.min(threads.length - 1, at + by))]
    if (next !== undefined) navigate(threadPath(next.accountId, next.threadId))
  }
  useShortcuts(
    [
      { key: 'j', label: 'shortcut.nextThread', run: () => step(1) },
      { key: 'k', label: 'shortcut.previousThread', run: () => step(-1) }
    ],
    [list, threadId]
  )
  const error = list.error.value
  if (!list.isKnown.value && error !== undefined) return <Failure error={error} retry={() => list.load()} />
  if (!list.isKnown.value) return <p class="waiting list-note">{t('loading')}</p>
  return (
    <>
      <NotRefreshed error={error} />
      {list.threads.value.length === 0 ? (
        <p class="soft list-note">{t('threads.nothing')}</p>
      ) : (
        <ul class="threads">
          {list.threads.value.map(thread => (
            <ThreadRow key={thread.threadId} thread={thread} isOpen={thread.threadId === threadId} />
          ))}
          <li ref={end} class="list-end" />
        </ul>
      )}
    </>
  )
}

const LabelChoice = ({
  labels,
  onChosen,
  value
}: {
  labels: ReadonlyArray<Label>
  value: string
  onChosen: (id: string) => void
}) =>
  labels.length === 0 ? null : (
    <select
      class="label-choice"
      aria-label={t('threads.label')}
      value={value}
      onChange={({ currentTarget }) => onChosen(currentTarget.value)}
    >
      <option value="">{t('threads.label')}</option>
      {labels.map(({ labelId, name }) => (
        <option key={labelId} value={labelId}>
          {name}
        </option>
      ))}
    </select>
  )

const TYPED_MS = 250

/** What was typed, once the typing has paused. */
const useTyped = (text: string): string => {
  const settled = useSignal(text)
  useEffect(() => {
    const timer = setTimeout(() => void (settled.value = text.trim()), TYPED_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled.value
}

export const Sidebar = ({ accountId, threadId }: SidebarProps) => {
  const view = useSignal<View>('all')
  const label = useSignal('')
  const query = useSignal('')
  const isOnlyHere = useSignal(false)
  const isWriting = useSignal(false)
  const isPosting = useSignal(false)
  const field = useRef<HTMLInputElement>(null)
  const q = useTyped(query.value)
  const list = useMemo(
    () => new ThreadList(accountId, filterOf(view.value, label.value, q)),
    [accountId, view.value, label.value, q]
  )
  useEffect(() => {
    void list.load()
    return () => list.dispose()
  }, [list])
  const { reload, state: labels } = useLoaded(
    () => client().call('accounts.labels', { accountId }),
    [accountId]
  )
  // Labels have no events of their own: conversations that have a new one tell of it.
  const used = [...new Set(list.threads.value.flatMap(thread => thread.labels))].toSorted().join()
  useEffect(() => {
    if (used !== '') void reload()
  }, [used])
  useShortcuts([
    { key: '/', label: 'threads.search', run: () => field.current?.focus() },
    ...(may('agent')
      ? [{ key: 'n', label: 'newChat.title', run: () => void (isWriting.value = true) } as const]
      : [])
  ])
  const isSearching = q.length > 1
  return (
    <section class="sidebar" aria-label={t('nav.chats')}>
      <header>
        <AccountChoice accountId={accountId} />
        {mayPostStatuses() && (
          <IconButton
            icon="status"
            label={t('newStatus.title')}
            onClick={() => void (isPosting.value = true)}
          />
        )}
        {may('agent') && (
          <IconButton icon="edit" label={t('newChat.title')} onClick={() => void (isWriting.value = true)} />
        )}
      </header>
      <div class="search-field">
        <Icon name="search" size={18} />
        <input
          ref={field}
          type="search"
          placeholder={t('threads.search')}
          aria-label={t('threads.search')}
          value={query.value}
          onInput={({ currentTarget }) => (query.value = currentTarget.value)}
          onKeyDown={event => {
            if (event.key !== 'Escape') return
            query.value = ''
            event.currentTarget.blur()
          }}
        />
      </div>
      <div class="chips" role="group" aria-label={t('threads.filter')}>
        {isSearching && threadId !== undefined ? (
          <button
            type="button"
            class="chip"
            aria-pressed={isOnlyHere.value}
            onClick={() => void (isOnlyHere.value = !isOnlyHere.value)}
          >
            {t('search.here')}
          </button>
        ) : (
          VIEWS.map(one => (
            <button
              key={one}
              type="button"
              class="chip"
              aria-pressed={view.value === one}
              onClick={() => void (view.value = one)}
            >
              {t(`threads.${one}`)}
            </button>
          ))
        )}
        <LabelChoice
          labels={labels.value.value?.labels ?? []}
          value={label.value}
          onChosen={id => void (label.value = id)}
        />
      </div>
      <div class="sidebar-list">
        {!(isSearching && isOnlyHere.value) && <Threads list={list} threadId={threadId} />}
        {isSearching && (
          <SearchResults accountId={accountId} q={q} threadId={isOnlyHere.value ? threadId : undefined} />
        )}
      </div>
      {isWriting.value && (
        <NewChatDialog accountId={accountId} onClose={() => void (isWriting.value = false)} />
      )}
      {isPosting.value && (
        <NewStatusDialog accountId={accountId} onClose={() => void (isPosting.value = false)} />
      )}
    </section>
  )
}
