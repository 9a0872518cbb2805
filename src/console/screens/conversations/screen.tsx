// Conversations: the threads of an account, and the one that is open.
import { useEffect } from 'preact/hooks'
import { Redirect } from 'wouter-preact'
import { t } from '../../i18n/i18n.ts'
import { NoAccount } from '../../parts/gone.tsx'
import { Empty } from '../../parts/notice.tsx'
import { accountsPath, chatsPath } from '../../routes.ts'
import { accountOf, accounts, accountsKnown } from '../../state/accounts.ts'
import { viewedAccountId } from '../../state/live.ts'
import { followOutbox } from '../../state/outbox.ts'
import { ConversationPane } from './conversation.tsx'
import { Sidebar } from './sidebar.tsx'

interface ScreenProps {
  readonly accountId: string
  readonly threadId: string | undefined
  readonly place: string | undefined
}

const Present = ({ accountId, place, threadId }: ScreenProps) => {
  useEffect(() => {
    viewedAccountId.value = accountId
    return followOutbox(accountId)
  }, [accountId])
  return (
    <div class={threadId === undefined ? 'chats' : 'chats has-thread'}>
      <Sidebar accountId={accountId} threadId={threadId} />
      {threadId === undefined ? (
        <section class="conversation nothing-open">
          <Empty icon="chats" title={t('chats.emptyTitle')}>
            <p>{t('chats.emptyText')}</p>
          </Empty>
        </section>
      ) : (
        <ConversationPane accountId={accountId} threadId={threadId} place={place} />
      )}
    </div>
  )
}

export const ChatsScreen = ({
  accountId,
  place,
  threadId
}: { readonly [Name in keyof ScreenProps]: ScreenProps[Name] | undefined }) => {
  if (!accountsKnown.value) return <p class="waiting centered">{t('loading')}</p>
  const [first] = accounts.value
  if (accountId === undefined)
    return <Redirect to={first === undefined ? accountsPath : chatsPath(first.accountId)} />
  if (accountOf(accountId) === undefined) return <NoAccount />
  return <Present accountId={accountId} threadId={threadId} place={place} />
}
