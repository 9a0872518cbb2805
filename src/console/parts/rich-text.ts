// What a message's text is made of: the marks that phones draw (*bold*, _italic_, ~struck~, ```code```), addresses, mentions. Tokens, never
// markup: texts are written by strangers.

export type Token =
  | { readonly kind: 'text' | 'bold' | 'italic' | 'struck' | 'code'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly url: string }
  | { readonly kind: 'mention'; readonly text: string; readonly jid: string }

/** Longer texts are not looked through for marks. */
const LONGEST = 20_000

const MARKS = { '*': 'bold', _: 'italic', '~': 'struck' } as const

const PATTERN =
  /```([^`]+)```|`([^`\n]+)`|(?<![\p{L}\p{N}])([*_~])(?!\s)([^\n]{1,2000}?)(?<!\s)\3(?![\p{L}\p{N}])|(https?:\/\/[^\s<>"']{3,2000})|@([\d.]{5,25})/gu

/** Marks at the end of an address belong to the sentence. */
const trimmed = (url: string): string => url.replace(/[.,;:!?)\]}'"…]+$/, '')

const tokenOf = (match: RegExpExecArray, mentions: ReadonlyMap<string, string>): Token | undefined => {
  const [whole, block, inline, mark, marked, url, mention] = match
  if (block !== undefined || inline !== undefined) return { kind: 'code', text: block ?? inline ?? '' }
  if ((mark === '*' || mark === '_' || mark === '~') && marked !== undefined)
    return { kind: MARKS[mark], text: marked }
  if (url !== undefined) {
    const address = trimmed(url)
    return URL.canParse(address) ? { kind: 'link', text: address, url: address } : undefined
  }
  const jid = mention === undefined ? undefined : mentions.get(mention)
  return jid === undefined ? undefined : { kind: 'mention', text: whole, jid }
}

/** `mentions`: addresses of the people that are mentioned. */
export const tokensOf = (text: string, mentions: ReadonlyArray<string> = []): ReadonlyArray<Token> => {
  if (text.length > LONGEST) return [{ kind: 'text', text }]
  const people = new Map(mentions.map(jid => [jid.split('@')[0]?.split(':')[0] ?? jid, jid]))
  const tokens: Array<Token> = []
  let from = 0
  for (const match of text.matchAll(PATTERN)) {
    const token = tokenOf(match, people)
    if (token === undefined) continue
    if (match.index > from) tokens.push({ kind: 'text', text: text.slice(from, match.index) })
    tokens.push(token)
    from = match.index + (token.kind === 'link' ? token.text.length : match[0].length)
  }
  if (from < text.length) tokens.push({ kind: 'text', text: text.slice(from) })
  return tokens
}

/** Whether it is nothing but one to three emoji, which phones show large. */
export const isOnlyEmoji = (text: string): boolean =>
  text.length <= 40 &&
  /^(?:\p{RGI_Emoji}|\s){1,5}$/v.test(text) &&
  [...new Intl.Segmenter().segment(text.trim())].length <= 3
