// Received files: fetched with the key, kept in memory for as long as they are shown, and a little longer.
import { client } from '../session.ts'

interface Held {
  readonly url: Promise<string>
  uses: number
}

const held = new Map<string, Held>()
const MOST_UNUSED = 40

/** Types that are shown; anything else is only saved, so that no file of a stranger is opened within this page. */
const SHOWN =
  /^(image\/(jpeg|png|gif|webp|avif|bmp)|video\/(mp4|webm|quicktime|3gpp)|audio\/(mpeg|mp4|ogg|aac|amr|wav|webm|x-wav))/

const fetched = async (messageKey: string): Promise<string> => {
  const response = await client().call('media.file', { messageKey })
  const type = response.headers.get('content-type') ?? ''
  const bytes = await response.arrayBuffer()
  return URL.createObjectURL(
    new Blob([bytes], { type: SHOWN.test(type) ? type : 'application/octet-stream' })
  )
}

const forget = (messageKey: string): void => {
  const file = held.get(messageKey)
  held.delete(messageKey)
  file?.url.then(
    url => URL.revokeObjectURL(url),
    () => undefined
  )
}

/** The address of the file within this page; whoever uses it calls `releaseFile` afterwards. */
export const useFile = (messageKey: string): Promise<string> => {
  const known = held.get(messageKey)
  const file = known ?? { url: fetched(messageKey), uses: 0 }
  file.uses += 1
  if (known === undefined) {
    held.set(messageKey, file)
    file.url.catch(() => held.delete(messageKey))
  }
  return file.url
}

export const releaseFile = (messageKey: string): void => {
  const file = held.get(messageKey)
  if (file === undefined) return
  file.uses -= 1
  const unused = [...held].filter(([, { uses }]) => uses <= 0)
  for (const [key] of unused.slice(0, Math.max(0, unused.length - MOST_UNUSED))) forget(key)
}

/** Has the browser save it. */
export const saveFile = async (messageKey: string, name: string): Promise<void> => {
  const url = await useFile(messageKey)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  releaseFile(messageKey)
}
