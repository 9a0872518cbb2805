// Light or dark: as the system is, unless a person chose.
import { effect, signal } from '@preact/signals'

const STORED_AS = 'backscroll.theme'
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const isTheme = (text: string | null): text is Theme => THEMES.some(theme => theme === text)

export const theme = signal<Theme>('system')

export const startTheme = (): void => {
  const stored = localStorage.getItem(STORED_AS)
  theme.value = isTheme(stored) ? stored : 'system'
  effect(() => {
    document.documentElement.style.colorScheme = theme.value === 'system' ? 'light dark' : theme.value
    localStorage.setItem(STORED_AS, theme.value)
  })
}

export const nextTheme = (): void => {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system'
}
