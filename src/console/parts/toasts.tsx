// The notices at the edge of the window, above whatever is open.
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../i18n/i18n.ts'
import { dismiss, toasts } from '../toasts.ts'
import { IconButton } from './button.tsx'
import { Icon } from './icon.tsx'

export const Toasts = () => {
  const box = useRef<HTMLDivElement>(null)
  const newest = toasts.value.at(-1)?.id
  // What is shown last is above a dialog that was opened before.
  useEffect(() => {
    if (box.current?.matches(':popover-open') === true) box.current.hidePopover()
    if (newest !== undefined) box.current?.showPopover()
  }, [newest])
  return (
    <div ref={box} class="toasts" role="status" aria-live="polite" popover="manual">
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
}
