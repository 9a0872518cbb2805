// The settings in force, with what each means. They are changed where the server is started, not here.
import { useSignal } from '@preact/signals'
import type { Setting } from '../../client/index.ts'
import { t } from '../i18n/i18n.ts'
import { useLoaded } from '../parts/loaded.ts'
import { Failure } from '../parts/notice.tsx'
import { client } from '../session.ts'

const SettingRow = ({
  setting: { allowed, isDefault, meaning, name, value, ...rest }
}: {
  readonly setting: Setting
}) => (
  <li class={isDefault ? 'setting' : 'setting changed'}>
    <div class="setting-name">
      <code>{name}</code>
      {!isDefault && <span class="tag">{t('settings.changed')}</span>}
    </div>
    <div>
      <p class="setting-value">
        {value === null ? (
          <em class="soft">{t('settings.secret')}</em>
        ) : value === '' ? (
          <em class="soft">{t('settings.empty')}</em>
        ) : (
          <code>{value}</code>
        )}
      </p>
      <p>{meaning}.</p>
      <p class="soft small">
        {t('settings.allowed', { what: allowed })}
        {rest.default !== '' && ` ${t('settings.default', { value: rest.default })}`}
      </p>
    </div>
  </li>
)

export const SettingsScreen = () => {
  const q = useSignal('')
  const isOnlyChanged = useSignal(false)
  const { state } = useLoaded(() => client().call('settings'), [])
  const { error, value } = state.value
  const words = q.value.trim().toLowerCase()
  const shown = (value?.settings ?? []).filter(
    ({ isDefault, meaning, name }) =>
      !(isOnlyChanged.value && isDefault) && `${name} ${meaning}`.toLowerCase().includes(words)
  )
  return (
    <div class="page">
      <header class="page-head">
        <div>
          <h1>{t('nav.settings')}</h1>
          <p class="soft">{t('settings.text')}</p>
        </div>
      </header>
      <div class="list-head">
        <input
          type="search"
          placeholder={t('settings.search')}
          aria-label={t('settings.search')}
          value={q.value}
          onInput={({ currentTarget }) => (q.value = currentTarget.value)}
        />
        <button
          type="button"
          class="chip"
          aria-pressed={isOnlyChanged.value}
          onClick={() => void (isOnlyChanged.value = !isOnlyChanged.value)}
        >
          {t('settings.onlyChanged')}
        </button>
      </div>
      {error !== undefined && <Failure error={error} />}
      {value === undefined && error === undefined && <p class="waiting">{t('loading')}</p>}
      <ul class="settings">
        {shown.map(setting => (
          <SettingRow key={setting.name} setting={setting} />
        ))}
      </ul>
    </div>
  )
}
