// What a person types into a search box: words that must all be there, "phrases", and -words that must not.
// Nothing of it reaches the database as syntax: words are folded to letters and digits first.
import { placedWords, wordsOf } from './search-text.ts'

/** Words that stand beside each other, in this order; of the last one only its beginning may be given. */
export interface Phrase {
  readonly words: ReadonlyArray<string>
  readonly prefix: boolean
}

export interface SearchQuery {
  readonly wanted: ReadonlyArray<Phrase>
  readonly unwanted: ReadonlyArray<Phrase>
}

/** Longest text that is looked for, in characters. */
export const LONGEST_QUERY = 500
const MOST_TERMS = 32

/** A beginning of one letter would be half of all words. */
const SHORTEST_PREFIX = 2

const TERM = /(-?)(?:["“”„«»]([^"“”„«»]*)(?:["“”„«»]|$)|([^\s"“”„«»]+))/gu

/** The query, or what is wrong with it. */
export const parseSearch = (text: string): SearchQuery | { readonly refusal: string } => {
  const wanted: Array<Phrase> = []
  const unwanted: Array<Phrase> = []
  for (const match of text.matchAll(TERM)) {
    const [term = '', minus, quoted, bare = ''] = match
    const words = wordsOf(quoted ?? bare)
    const last = words.at(-1)
    if (last === undefined) continue
    // Whoever is still typing has not ended the last word: neither by a space nor by a quotation mark.
    const isOpen = quoted === undefined && match.index + term.length === text.length && minus === ''
    const phrase = { words, prefix: isOpen && last.length >= SHORTEST_PREFIX }
    if (minus === '') wanted.push(phrase)
    else unwanted.push(phrase)
  }
  if (wanted.length === 0) return { refusal: 'Expected a word to look for: letters, digits or an emoji' }
  if (wanted.length + unwanted.length > MOST_TERMS) return { refusal: `Expected at most ${MOST_TERMS} words` }
  return { wanted, unwanted }
}

/** The places in a text where a wanted phrase stands, in order, none overlapping another. */
export const placesOf = (
  text: string,
  wanted: ReadonlyArray<Phrase>
): ReadonlyArray<{ readonly start: number; readonly end: number }> => {
  const placed = placedWords(text)
  const words = placed.map(({ word }) => word)
  const found = placed.flatMap((_, at) =>
    wanted
      .filter(phrase => standsAt(words, at, phrase))
      .map(({ words }) => ({
        start: placed[at]?.start ?? 0,
        end: placed[at + words.length - 1]?.end ?? 0
      }))
  )
  const merged: Array<{ start: number; end: number }> = []
  for (const { start, end } of found) {
    const last = merged.at(-1)
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end)
    else merged.push({ start, end })
  }
  return merged
}

const standsAt = (said: ReadonlyArray<string>, at: number, { prefix, words }: Phrase): boolean =>
  words.every((word, index) => {
    const found = said[at + index]
    return prefix && index === words.length - 1 ? found?.startsWith(word) === true : found === word
  })

/** BM25's usual constants: how soon saying it again counts no more, and how much a text's length counts. */
const SATURATION = 1.2
const LENGTH_WEIGHT = 0.75

/** Further into a text nothing counts for its relevance. */
const WEIGHED = 2000

/** How often a text says each wanted phrase, and how many words it has. */
export interface Saying {
  readonly times: ReadonlyArray<number>
  readonly words: number
}

export const sayingOf = (text: string, wanted: ReadonlyArray<Phrase>): Saying => {
  const said = wordsOf(text.slice(0, WEIGHED))
  return {
    times: wanted.map(phrase => said.filter((_, at) => standsAt(said, at, phrase)).length),
    words: said.length
  }
}

/**
 * How much each of the texts is about what is wanted, by BM25 without the rarity of words: all texts hold all of the
 * wanted phrases.
 */
export const relevances = (sayings: ReadonlyArray<Saying>): ReadonlyArray<number> => {
  const average = sayings.reduce((sum, { words }) => sum + words, 0) / Math.max(sayings.length, 1)
  return sayings.map(({ times, words }) => {
    const length = SATURATION * (1 - LENGTH_WEIGHT + (LENGTH_WEIGHT * words) / Math.max(average, 1))
    return times.reduce((sum, one) => sum + (one * (SATURATION + 1)) / (one + length), 0)
  })
}

/** A piece of text; `match` says that it is what was looked for. */
export interface Segment {
  readonly text: string
  readonly match: boolean
}

/** Further into a text nothing is marked: one message may hold a book. */
const LOOKED_AT = 20_000
const SNIPPET = 200
const LEAD = 60

/**
 * A part of the text around what was found, cut into pieces; empty when nothing was found in it. Plain text: whoever shows
 * it as HTML escapes each piece.
 */
export const snippetOf = (text: string, wanted: ReadonlyArray<Phrase>): ReadonlyArray<Segment> => {
  const places = placesOf(text.slice(0, LOOKED_AT), wanted)
  const [first] = places
  if (first === undefined) return []
  const from = first.start <= LEAD ? 0 : betweenCharacters(text, first.start - LEAD)
  const to = betweenCharacters(text, Math.max(from + SNIPPET, first.end))
  const segments: Array<Segment> = []
  const add = (piece: string, match: boolean): void => {
    if (piece !== '') segments.push({ text: piece, match })
  }
  let at = from
  for (const { start, end } of places) {
    if (start >= to) break
    add(text.slice(at, start), false)
    add(text.slice(start, Math.min(end, to)), true)
    at = Math.min(end, to)
  }
  add(text.slice(at, to), false)
  const lead: ReadonlyArray<Segment> = from > 0 ? [{ text: '…', match: false }] : []
  const rest: ReadonlyArray<Segment> = to < text.length ? [{ text: '…', match: false }] : []
  return [...lead, ...segments, ...rest]
}

/** A place that does not cut a character of two units in half. */
const betweenCharacters = (text: string, at: number): number =>
  /[\udc00-\udfff]/.test(text.charAt(at)) ? at + 1 : at
