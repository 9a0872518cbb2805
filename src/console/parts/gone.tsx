// An address that leads to nothing: what it named is not there, or not for this key. It says so, and leads on.
import { Link } from 'wouter-preact'
import { t } from '../i18n/i18n.ts'
import { accountsPath, chatsPath } from '../routes.ts'
import { Icon, type IconName } from './icon.tsx'

interface GoneProps {
  readonly icon: IconName
  readonly title: string
  readonly text: string
  /** Where to go on, and what that is called. */
  readonly to: string
  readonly label: string
}

const Gone = ({ icon, label, text, title, to }: GoneProps) => (
  <section class="empty gone">
    <span class="empty-icon">
      <Icon name={icon} size={30} />
    </span>
    <h1>{title}</h1>
    <p>{text}</p>
    <Link href={to} class="button main">
      {label}
    </Link>
  </section>
)

export const NoAccount = () => (
  <Gone
    icon="phone"
    title={t('gone.account')}
    text={t('gone.accountText')}
    to={accountsPath}
    label={t('gone.toAccounts')}
  />
)

export const NoThread = ({ accountId }: { readonly accountId: string }) => (
  <Gone
    icon="chats"
    title={t('gone.thread')}
    text={t('gone.threadText')}
    to={chatsPath(accountId)}
    label={t('gone.toChats')}
  />
)

export const Forbidden = () => (
  <Gone
    icon="key"
    title={t('gone.forbidden')}
    text={t('error.forbidden')}
    to={accountsPath}
    label={t('gone.toAccounts')}
  />
)
