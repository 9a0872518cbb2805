// A menu of what can be done with something, in the browser's own popover: it closes by itself, and Escape closes it.
import { useId, useRef } from 'preact/hooks'
import { attempt } from '../toasts.ts'
import { Icon, type IconName } from './icon.tsx'

export interface MenuItem {
  readonly icon: IconName
  readonly label: string
  readonly onSelect: () => unknown
  readonly isDanger?: boolean
}

interface MenuProps {
  readonly label: string
  readonly icon?: IconName
  readonly items: ReadonlyArray<MenuItem>
}

const GAP = 4
const MARGIN = 8

/** Beside its button, wherever there is room. */
export const placeBeside = (menu: HTMLElement, button: HTMLElement): void => {
  const anchor = button.getBoundingClientRect()
  const { height, width } = menu.getBoundingClientRect()
  const below = anchor.bottom + GAP
  const top = below + height > innerHeight - MARGIN ? anchor.top - GAP - height : below
  const start = document.documentElement.dir === 'rtl' ? anchor.left : anchor.right - width
  menu.style.top = `${Math.max(MARGIN, top)}px`
  menu.style.left = `${Math.min(Math.max(MARGIN, start), innerWidth - width - MARGIN)}px`
}

const moveFocus = (event: KeyboardEvent, menu: HTMLElement | null): void => {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0 || menu === null) return
  event.preventDefault()
  const items = [...menu.querySelectorAll('button')]
  const at = items.findIndex(item => item === document.activeElement)
  items[(at + step + items.length) % items.length]?.focus()
}

export const Menu = ({ icon = 'more', items, label }: MenuProps) => {
  const id = useId()
  const menu = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  if (items.length === 0) return null
  return (
    <>
      <button
        ref={button}
        type="button"
        class="icon-button"
        title={label}
        aria-label={label}
        aria-haspopup="menu"
        popovertarget={id}
      >
        <Icon name={icon} />
      </button>
      <div
        ref={menu}
        id={id}
        class="menu"
        role="menu"
        popover="auto"
        aria-label={label}
        onKeyDown={event => moveFocus(event, menu.current)}
        onToggle={event => {
          if (event.newState !== 'open' || menu.current === null || button.current === null) return
          placeBeside(menu.current, button.current)
          menu.current.querySelector('button')?.focus()
        }}
      >
        {items.map(item => (
          <button
            key={item.label}
            type="button"
            role="menuitem"
            class={item.isDanger === true ? 'danger' : ''}
            onClick={() => {
              menu.current?.hidePopover()
              void attempt(async () => item.onSelect())
            }}
          >
            <Icon name={item.icon} size={18} />
            {item.label}
          </button>
        ))}
      </div>
    </>
  )
}
