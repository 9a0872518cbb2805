// Keys of the keyboard: one list, which is also what `?` shows. None of them works while somebody writes.
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { PlainKey } from './i18n/dictionary.ts'
import { t } from './i18n/i18n.ts'
import { Dialog } from './parts/dialog.tsx'

export interface Shortcut {
  /** As `KeyboardEvent.key` names it. */
  readonly key: string
  readonly label: PlainKey
  readonly run: () => void
}

const active = signal<ReadonlyArray<Shortcut>>([])
const isHelpOpen = signal(false)

export const openHelp = (): void => {
  isHelpOpen.value = true
}

const isWriting = ({ target }: Event): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

const pressed = (event: KeyboardEvent): void => {
  if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event)) return
  if (document.querySelector('dialog[open]') !== null) return
  // What was added last stands before what it hides.
  const shortcut = active.value.findLast(({ key }) => key === event.key)
  if (shortcut === undefined) return
  event.preventDefault()
  shortcut.run()
}

/** These work as long as the component is shown. */
export const useShortcuts = (shortcuts: ReadonlyArray<Shortcut>, on: ReadonlyArray<unknown> = []): void => {
  useEffect(() => {
    active.value = [...active.value, ...shortcuts]
    return () => {
      active.value = active.value.filter(one => !shortcuts.includes(one))
    }
  }, on)
}

const KEY_NAMES: Readonly<Record<string, string>> = { Escape: 'Esc', ArrowUp: '↑', ArrowDown: '↓' }

/** What the list of messages does with keys by itself. */
const IN_THE_LIST: ReadonlyArray<readonly [string, PlainKey]> = [['ArrowUp ArrowDown', 'shortcut.message']]

const WHILE_WRITING: ReadonlyArray<readonly [string, PlainKey]> = [
  ['Enter', 'shortcut.send'],
  ['Shift Enter', 'shortcut.newLine']
]

const isListShown = (): boolean => document.querySelector('[role=log]') !== null

const Row = ({ keys, label }: { readonly keys: string; readonly label: PlainKey }) => (
  <div class="shortcut">
    <dt>
      {keys.split(' ').map(key => (
        <kbd key={key}>{KEY_NAMES[key] ?? key}</kbd>
      ))}
    </dt>
    <dd>{t(label)}</dd>
  </div>
)

/** Listens to the keyboard, and lists the keys under `?`. */
export const ShortcutHelp = () => {
  useShortcuts([{ key: '?', label: 'shortcut.help', run: openHelp }])
  useEffect(() => {
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [])
  if (!isHelpOpen.value) return null
  return (
    <Dialog title={t('shortcut.title')} onClose={() => (isHelpOpen.value = false)}>
      <dl class="shortcuts">
        {active.value.map(({ key, label }) => (
          <Row key={`${key}${label}`} keys={key} label={label} />
        ))}
        {isListShown() && IN_THE_LIST.map(([keys, label]) => <Row key={keys} keys={keys} label={label} />)}
        {WHILE_WRITING.map(([keys, label]) => (
          <Row key={keys} keys={keys} label={label} />
        ))}
      </dl>
    </Dialog>
  )
}
