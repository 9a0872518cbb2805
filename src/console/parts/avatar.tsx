// A person or group as initials on a colour of its own: the same everywhere, made from the address.
import { Icon } from './icon.tsx'

const HUES = 12

const hueOf = (id: string): number => {
  let sum = 7
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 99_991
  return sum % HUES
}

const initialsOf = (name: string): string => {
  const words = name
    .split(/\s+/)
    .map(word => /[\p{L}]/u.exec(word)?.[0] ?? '')
    .filter(letter => letter !== '')
  return `${words[0] ?? ''}${words.length > 1 ? (words.at(-1) ?? '') : ''}`.toLocaleUpperCase()
}

export const nameColour = (id: string): string => `hue-${hueOf(id)}`

interface AvatarProps {
  readonly id: string
  readonly name: string | null
  readonly isGroup: boolean
}

export const Avatar = ({ id, isGroup, name }: AvatarProps) => {
  const initials = initialsOf(name ?? '')
  return (
    <span class={`avatar hue-${hueOf(id)}`} aria-hidden="true">
      {initials === '' ? <Icon name={isGroup ? 'group' : 'account'} size={20} /> : initials}
    </span>
  )
}
