// What a web page says of itself to those who link to it: Open Graph, otherwise its title and description.
import { TextDecoder } from 'node:util'
import { Parser } from 'htmlparser2'

export interface PageSummary {
  readonly title?: string
  readonly description?: string
  /** Absolute. */
  readonly imageUrl?: string
}

const MOST_CHARACTERS = { title: 200, description: 500 }

/** Names of `<meta>`, the preferred one first. */
const TITLE = ['og:title', 'twitter:title']
const DESCRIPTION = ['og:description', 'twitter:description', 'description']
const IMAGE = ['og:image:secure_url', 'og:image:url', 'og:image', 'twitter:image']

/** Where a declared encoding stands, if it does. */
const ENCODING_BYTES = 1024

const decoderFor = (charset: string | undefined): TextDecoder => {
  try {
    return new TextDecoder(charset)
  } catch {
    // The page names an encoding that there is not.
    return new TextDecoder()
  }
}

/** The text of a page in the encoding that its server or the page names; UTF-8 otherwise. */
export const textOf = (content: Uint8Array, contentType: string): string => {
  const start = Buffer.from(content.subarray(0, ENCODING_BYTES)).toString('latin1')
  const [, charset] =
    /charset\s*=\s*["']?([\w-]+)/i.exec(contentType) ??
    /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(start) ??
    []
  return decoderFor(charset).decode(content)
}

interface Head {
  readonly meta: ReadonlyMap<string, string>
  readonly title: string
}

const headOf = (html: string): Head => {
  const meta = new Map<string, string>()
  let title = ''
  let isInTitle = false
  const parser = new Parser({
    onopentag: (name, { content, name: called, property }) => {
      // Nothing after the head counts. The title of a drawing is not the page's.
      if (name === 'body' || name === 'svg') parser.pause()
      isInTitle = name === 'title' && title === ''
      const key = (property ?? called)?.toLowerCase()
      if (name === 'meta' && key !== undefined && content && !meta.has(key)) meta.set(key, content)
    },
    ontext: text => {
      if (isInTitle) title += text
    },
    onclosetag: name => {
      if (name === 'title') isInTitle = false
    }
  })
  parser.write(html)
  return { meta, title }
}

/** Words on one line, without what is not shown, not longer than somebody reads. */
const line = (text: string | undefined, most: number): string | undefined => {
  const words = (text ?? '').replaceAll(/[\p{C}\s]+/gu, ' ').trim()
  if (words.length <= most) return words || undefined
  // The cut may leave half of a character.
  const start = words.slice(0, most - 1).replace(/\p{Cs}$/u, '')
  return `${start.trim()}…`
}

/** `url` is where the page was found at last, which addresses in it are relative to. */
export const summaryOf = (html: string, url: string): PageSummary => {
  const { meta, title } = headOf(html)
  const first = (names: ReadonlyArray<string>) => names.map(name => meta.get(name)).find(Boolean)
  const named = line(first(TITLE) ?? title, MOST_CHARACTERS.title)
  const description = line(first(DESCRIPTION), MOST_CHARACTERS.description)
  const image = first(IMAGE)
  const imageUrl = image === undefined ? null : URL.parse(image, url)
  return {
    ...(named === undefined ? {} : { title: named }),
    ...(description === undefined ? {} : { description }),
    ...(imageUrl === null ? {} : { imageUrl: imageUrl.href })
  }
}
