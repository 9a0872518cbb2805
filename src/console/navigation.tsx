// Where one can go, and what holds for all screens: whether events are heard, the language, light and dark, help, signing out.
import { Link, useLocation } from 'wouter-preact'
import { isLive } from './events.ts'
import type { PlainKey } from './i18n/dictionary.ts'
import { language, rememberLanguage, t } from './i18n/i18n.ts'
import { isLanguage, LANGUAGES } from './i18n/languages.ts'
import { Brand } from './parts/brand.tsx'
import { IconButton } from './parts/button.tsx'
import { Icon, type IconName } from './parts/icon.tsx'
import { accountsPath, activityPath, chatsPath, settingsPath } from './routes.ts'
import { may, signOut } from './session.ts'
import { openHelp, useShortcuts } from './shortcuts.tsx'
import { accounts } from './state/accounts.ts'
import { viewedAccountId } from './state/live.ts'
import { nextTheme, theme } from './theme.ts'
import { attempt } from './toasts.ts'

interface Place {
  readonly path: string
  /** How paths begin that belong to it. */
  readonly begin: RegExp
  readonly icon: IconName
  readonly label: PlainKey
  readonly key: string
}

const places = (): ReadonlyArray<Place> => {
  const accountId = viewedAccountId.value ?? accounts.value[0]?.accountId
  return [
    { path: accountsPath, begin: /^\/($|accounts)/, icon: 'phone', label: 'nav.accounts', key: '1' },
    {
      path: accountId === undefined ? '/chats' : chatsPath(accountId),
      begin: /^\/chats/,
      icon: 'chats',
      label: 'nav.chats',
      key: '2'
    },
    { path: activityPath(), begin: /^\/activity/, icon: 'activity', label: 'nav.activity', key: '3' },
    ...(may('admin')
      ? [
          {
            path: settingsPath,
            begin: /^\/settings/,
            icon: 'settings',
            label: 'nav.settings',
            key: '4'
          } as const
        ]
      : [])
  ]
}

const LanguageChoice = () => (
  <label class="language" title={t('language')}>
    <Icon name="globe" />
    <select
      aria-label={t('language')}
      value={language.value}
      onChange={({ currentTarget: { value } }) =>
        void attempt(async () => isLanguage(value) && rememberLanguage(value))
      }
    >
      {Object.entries(LANGUAGES).map(([code, { name }]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  </label>
)

export const Navigation = () => {
  const [path, navigate] = useLocation()
  const shown = places()
  useShortcuts(
    shown.map(place => ({ key: place.key, label: place.label, run: () => navigate(place.path) })),
    [shown.map(place => place.path).join()]
  )
  return (
    <nav class="navigation" aria-label={t('nav.label')}>
      <a
        class="skip"
        href="#main"
        onClick={event => {
          event.preventDefault()
          document.getElementById('main')?.focus()
        }}
      >
        {t('nav.skip')}
      </a>
      <Brand />
      <ul>
        {shown.map(place => (
          <li key={place.label}>
            <Link href={place.path} class="place" aria-current={place.begin.test(path) ? 'page' : undefined}>
              <Icon name={place.icon} size={22} />
              <span>{t(place.label)}</span>
            </Link>
          </li>
        ))}
      </ul>
      <div class="navigation-end">
        <span class={isLive.value ? 'live on' : 'live'} role="status">
          <i /> {isLive.value ? t('live.on') : t('live.off')}
        </span>
        <LanguageChoice />
        <div class="navigation-buttons">
          <IconButton icon="moon" label={t(`theme.${theme.value}`)} onClick={nextTheme} />
          <IconButton icon="help" label={t('shortcut.title')} onClick={openHelp} />
          <IconButton icon="signOut" label={t('signOut')} onClick={signOut} />
        </div>
      </div>
    </nav>
  )
}
