// What is said in place: something that went wrong with what to do, something that is not there yet with how it comes.
import type { ComponentChildren } from 'preact'
import { troubleOf } from '../errors.ts'
import { t } from '../i18n/i18n.ts'
import { isAway } from '../session.ts'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'

export const Failure = ({ error, retry }: { readonly error: unknown; readonly retry?: () => unknown }) => {
  const { advice, title } = troubleOf(error)
  return (
    <div class="notice bad" role="alert">
      <Icon name="warning" />
      <div>
        <strong>{title}</strong>
        <p>{advice}</p>
        {retry && <Button onClick={retry}>{t('retry')}</Button>}
      </div>
    </div>
  )
}

interface NoticeProps {
  readonly kind: 'bad' | 'warn' | 'info'
  readonly icon?: IconName
  readonly children: ComponentChildren
}

export const Notice = ({ children, icon = 'warning', kind }: NoticeProps) => (
  <div class={`notice ${kind}`}>
    <Icon name={icon} />
    <div>{children}</div>
  </div>
)

/** Above what is known of something that could not be read again. */
export const NotRefreshed = ({ error }: { readonly error: unknown }) => {
  if (error === undefined || isAway.value) return null
  const { advice, title } = troubleOf(error)
  return (
    <Notice kind="warn">
      <strong>{t('error.notRefreshed')}</strong>
      <p>
        {title} · {advice}
      </p>
    </Notice>
  )
}

interface EmptyProps {
  readonly icon: IconName
  readonly title: string
  readonly children?: ComponentChildren
}

/** Nothing is here: what it is for, and how something comes here. */
export const Empty = ({ children, icon, title }: EmptyProps) => (
  <div class="empty">
    <span class="empty-icon">
      <Icon name={icon} size={30} />
    </span>
    <h2>{title}</h2>
    {children}
  </div>
)
