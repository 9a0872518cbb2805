// The name of a file that was downloaded: the one that its server gives it, otherwise the end of its address.

const MOST_CHARACTERS = 240

/** The last part of a name: what a file was called, not where it was; without what a file name cannot hold. */
export const baseName = (given: string): string | undefined =>
  given
    .replaceAll(/\p{C}/gu, '')
    .split(/[\\/]/)
    .at(-1)
    ?.trim()
    .slice(-MOST_CHARACTERS)
    // The cut may leave half of a character.
    .replaceAll(/\p{Cs}/gu, '') || undefined

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign that encodes nothing.
    return undefined
  }
}

/** RFC 6266: the name in UTF-8 if there is one, otherwise the plain one. */
const nameInHeader = (disposition: string): string | undefined => {
  const header = disposition.slice(0, 2000)
  const [, charset = '', encoded] = /filename\*\s*=\s*([\w-]+)'[^']*'([^;\s]+)/i.exec(header) ?? []
  if (encoded !== undefined && charset.toLowerCase() === 'utf-8') return decoded(encoded)
  const [, quoted, plain] = /filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(header) ?? []
  return quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, '$1')
}

const nameInUrl = (url: string): string | undefined => {
  const [last = ''] = URL.parse(url)?.pathname.split('/').slice(-1) ?? []
  return decoded(last)
}

/** `undefined` when neither has a name. */
export const downloadedName = (disposition: string | undefined, url: string): string | undefined =>
  baseName(nameInHeader(disposition ?? '') ?? '') ?? baseName(nameInUrl(url) ?? '')
