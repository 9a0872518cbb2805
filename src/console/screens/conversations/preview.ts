// What the list of threads says of a last message that has no text: the API names its type in brackets.
import type { PlainKey } from '../../i18n/dictionary.ts'
import { t, tMaybe } from '../../i18n/i18n.ts'
import { withLocalTimeLines } from '../../parts/event-times.ts'

const WORDS: Readonly<Record<string, PlainKey>> = {
  image: 'media.picture',
  video: 'media.film',
  audio: 'media.sound',
  voice: 'files.voice',
  document: 'media.file',
  sticker: 'media.sticker',
  location: 'place.place',
  contact: 'contact.unnamed',
  poll: 'composer.poll',
  call: 'call.ringing',
  revoked: 'message.revoked',
  undecryptable: 'status.undecryptable'
}

export const previewOf = (text: string | null): string => {
  const [, type] = /^\[([a-zA-Z]+)\]$/.exec(text ?? '') ?? []
  const key = type === undefined ? undefined : WORDS[type]
  if (key !== undefined) return t(key)
  return (type === undefined ? undefined : tMaybe(`type.${type}`)) ?? withLocalTimeLines(text ?? '')
}
