// Copying a text. Browsers have a clipboard for pages only where they came by TLS or from the same machine; elsewhere there is the old way.
import { t } from '../i18n/i18n.ts'
import { tellDone } from '../toasts.ts'

const copyOldWay = (text: string): void => {
  const area = document.createElement('textarea')
  area.value = text
  area.readOnly = true
  area.className = 'hidden-text'
  // Within a modal dialog nothing outside of it can be selected.
  const place = document.querySelector('dialog[open] .dialog-body') ?? document.body
  place.append(area)
  area.select()
  // oxlint-disable-next-line typescript/no-deprecated
  document.execCommand('copy')
  area.remove()
}

/** Copies it, and says so. */
export const copyText = async (text: string): Promise<void> => {
  // The type says that there is always one.
  const clipboard: Clipboard | undefined = navigator.clipboard
  if (clipboard === undefined) copyOldWay(text)
  else await clipboard.writeText(text)
  tellDone(t('copied'))
}
