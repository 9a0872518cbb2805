// Words as the search knows them: what is written is folded, so that case, diacritics and spelling variants do not matter.
// The index, the query and the highlights all fold by this one rule.

/** To be raised when the rule changes: everything is indexed again then, as when Unicode's tables have changed. */
export const FOLDING = 3

/** Vowel points and accents of Latin, Greek, Cyrillic, Hebrew and Arabic; the stretching of Arabic letters. */
const MARKS =
  /(?:\u0640|[\u0300-\u036f]|[\u0591-\u05c7]|[\u0610-\u061a]|[\u064b-\u065f]|\u0670|[\u06d6-\u06ed])+/g

/** Letters that Unicode does not take apart, as people write them on other keyboards. */
const SPELLED: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ı: 'i',
  ς: 'σ',
  ى: 'ي'
}
const SPELLED_LETTERS = /[ßæœøłđıςى]/g

/** What is not seen: direction marks, soft hyphens, zero-width spaces, control characters. They must not take words apart. */
const UNSEEN =
  // oxlint-disable-next-line no-control-regex
  /(?:(?![\u200c\u200d])\p{Cf}|[\0-\x08\x0e-\x1b\x7f-\x9f\u115f\u1160\u3164\uffa0])+/gu

/** Joiners mean something in scripts whose letters join; between letters of these they are not seen either. */
const UNSEEN_JOINERS =
  /(?<=[\p{scx=Latn}\p{scx=Grek}\p{scx=Cyrl}\p{scx=Hebr}\p{N}])[\u200c\u200d]+(?=[\p{L}\p{N}])/gu

/** Neither letter, digit nor picture: what stands between words. ASCII is told apart by the tokenizer. */
const BETWEEN = /[^\p{L}\p{N}\p{M}\p{Extended_Pictographic}\p{RI}\0-\x7f]+|\p{EMod}+/gu

/** In scripts without spaces every character is a word, found by the characters beside it; so is every picture. */
const ALONE =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}\p{scx=Tibt}]\p{M}*|\p{RI}|\p{Extended_Pictographic}/gu

// oxlint-disable-next-line no-control-regex
const ONLY_ASCII = /^[\t-\r\x20-\x7e]*$/

const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(UNSEEN, '')
    .replace(UNSEEN_JOINERS, '')
    .replace(MARKS, '')
    .toLowerCase()
    .replace(SPELLED_LETTERS, letter => SPELLED[letter] ?? letter)
    .normalize('NFC')
    .replace(BETWEEN, ' ')
    .replace(ALONE, ' $& ')

/** What folds differently beside other characters; everything else is looked up, character by character. */
const NEEDS_NEIGHBOURS =
  /[^\0-\u0482\u048a-\u06ff\u2000-\u200b\u200e-\u20cf\u3000-\u3029\u3030-\u3098\u309b-\u30ff\u4e00-\u9fff\uac00-\ud7a3\u{1f000}-\u{1ffff}]/u

/** A few ten thousand characters at most: those that need no neighbours. */
const FOLDED = new Map<number, string>()

const folded = (codePoint: number): string => {
  const known = FOLDED.get(codePoint)
  if (known !== undefined) return known
  const found = fold(String.fromCodePoint(codePoint))
  FOLDED.set(codePoint, found)
  return found
}

/** The same as `ONLY_ASCII`, of one UTF-16 unit. */
const isAscii = (unit: number): boolean => (unit >= 0x20 && unit <= 0x7e) || (unit >= 0x09 && unit <= 0x0d)

/** Character by character. A regular expression that calls a function for each takes twice as long. */
const foldedAlone = (text: string): string => {
  let done = ''
  let from = 0
  for (let at = 0; at < text.length; at += 1) {
    if (isAscii(text.charCodeAt(at))) continue
    const codePoint = text.codePointAt(at) ?? 0
    done += text.slice(from, at) + folded(codePoint)
    if (codePoint > 0xffff) at += 1
    from = at + 1
  }
  return done + text.slice(from)
}

/** The text as the index takes it: words that stand apart. ASCII capitals are left to the tokenizer, which is faster. */
export const searchable = (text: string): string =>
  ONLY_ASCII.test(text) ? text : NEEDS_NEIGHBOURS.test(text) ? fold(text) : foldedAlone(text)

/** The words of a text, folded, in their order: what the index holds of it. */
export const wordsOf = (text: string): ReadonlyArray<string> =>
  searchable(text)
    .toLowerCase()
    .split(/[^a-z0-9\u0080-\u{10ffff}]+/u)
    .filter(word => word !== '')

/** A folded word and where it stands in the text, in UTF-16 units. */
export interface Placed {
  readonly word: string
  readonly start: number
  readonly end: number
}

/** Also signs that stand for letters, such as ™ and ㉠. */
const WRITTEN =
  // oxlint-disable-next-line no-control-regex
  /(?:[\p{L}\p{N}\p{M}\p{Extended_Pictographic}\p{RI}\p{EMod}]|(?![\0-\x7f])\p{S}|(?![\u200c\u200d])\p{Cf}|[\0-\x08\x0e-\x1b\x7f-\x9f]|(?<=[\p{scx=Latn}\p{scx=Grek}\p{scx=Cyrl}\p{scx=Hebr}\p{N}](?:(?![\u200c\u200d])\p{Cf}|[\0-\x08\x0e-\x1b\x7f-\x9f])*)[\u200c\u200d])+/gu

const CHARACTER = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** The words of a text with their places, for showing what was found. */
export const placedWords = (text: string): ReadonlyArray<Placed> => {
  const placed: Array<Placed> = []
  const add = (written: string, start: number): void => {
    for (const word of wordsOf(written)) placed.push({ word, start, end: start + written.length })
  }
  for (const { 0: written, index } of text.matchAll(WRITTEN)) {
    if (wordsOf(written).length < 2) add(written, index)
    else {
      // Of several words without spaces each character is told apart; what belongs to one word stays together.
      let from = index
      let held = ''
      const flush = (): void => {
        if (held !== '') add(held, from)
        held = ''
      }
      for (const { segment, index: at } of CHARACTER.segment(written)) {
        if (standsAlone(segment)) {
          flush()
          add(segment, index + at)
        } else {
          if (held === '') from = index + at
          held += segment
        }
      }
      flush()
    }
  }
  return placed
}

const standsAlone = (character: string): boolean => fold(character).includes(' ')
