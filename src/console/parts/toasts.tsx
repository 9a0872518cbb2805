// The notices at the edge of the window.
import { t } from '../i18n/i18n.ts'
import { dismiss, toasts } from '../toasts.ts'
import { IconButton } from './button.tsx'
import { Icon } from './icon.tsx'

export const Toasts = () => (
  <div class="toasts" role="status" aria-live="polite">
    {toasts.value.map(({ id, kind, text, title }) => (
      <div key={id} class={`toast ${kind}`}>
        <Icon name={kind === 'done' ? 'check' : 'warning'} />
        <div>
          <strong>{title}</strong>
          {text !== '' && <p>{text}</p>}
        </div>
        <IconButton icon="close" label={t('close')} onClick={() => dismiss(id)} />
      </div>
    ))}
  </div>
)
