// Passing a message on to another conversation of the account.
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Thread, ThreadPage } from '../../../client/index.ts'
import { t } from '../../i18n/i18n.ts'
import { Avatar } from '../../parts/avatar.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { useLoaded } from '../../parts/loaded.ts'
import { Failure } from '../../parts/notice.tsx'
import { client } from '../../session.ts'
import { isStatusThread, titleOf } from '../../state/threads.ts'
import { attempt, tellDone } from '../../toasts.ts'
import { forwarded, send } from './acts.ts'

/** A status cannot be a forwarded message. */
const targetsIn = (page: ThreadPage | undefined): ReadonlyArray<Thread> =>
  (page?.threads ?? []).filter(({ threadId }) => !isStatusThread(threadId))

const Targets = ({ accountId }: { readonly accountId: string }) => {
  const q = useSignal('')
  const targets = useRef<HTMLUListElement>(null)
  const query = q.value.trim()
  const { state } = useLoaded(
    () => client().call('accounts.threads', { accountId, limit: 30, ...(query === '' ? {} : { q: query }) }),
    [accountId, query]
  )
  const message = forwarded.value
  if (message === undefined) return null
  return (
    <>
      <input
        type="search"
        autofocus
        placeholder={t('threads.search')}
        aria-label={t('threads.search')}
        value={q.value}
        onInput={({ currentTarget }) => (q.value = currentTarget.value)}
        onKeyDown={event => {
          if (event.key !== 'Enter') return
          event.preventDefault()
          // Enter once more sends it there.
          targets.current?.querySelector('button')?.focus()
        }}
      />
      {state.value.error !== undefined && <Failure error={state.value.error} />}
      <ul ref={targets} class="choose-list">
        {targetsIn(state.value.value).map(thread => (
          <li key={thread.threadId}>
            <button
              type="button"
              onClick={() =>
                void attempt(async () => {
                  await send(
                    { accountId, threadId: thread.threadId },
                    { forward: { threadId: message.threadId, messageId: message.messageId } }
                  )
                  forwarded.value = undefined
                  tellDone(t('forward.done', { name: titleOf(thread) }))
                })
              }
            >
              <Avatar id={thread.clientJid} name={thread.displayName} isGroup={thread.kind === 'group'} />
              <bdi>{titleOf(thread)}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}

export const ForwardDialog = ({ accountId }: { readonly accountId: string }) =>
  forwarded.value === undefined ? null : (
    <Dialog title={t('message.forward')} onClose={() => void (forwarded.value = undefined)}>
      <Targets accountId={accountId} />
    </Dialog>
  )
