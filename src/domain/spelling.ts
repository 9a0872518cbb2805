// Which word was probably meant.

/** How many letters have to be changed, added, left out or swapped with the next one to make one text of the other. */
export const distance = (one: string, other: string): number => {
  let [before, previous]: [ReadonlyArray<number>, ReadonlyArray<number>] = [
    [],
    Array.from({ length: other.length + 1 }, (_, index) => index)
  ]
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= other.length; j += 1) {
      const isSame = one[i - 1] === other[j - 1]
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      row[j] = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (before[j - 2] ?? 0) + 1 : Infinity
      )
    }
    ;[before, previous] = [previous, row]
  }
  return previous[other.length] ?? 0
}

/** The words that differ from a text by a few letters, the nearest first. */
export const wordsLike = (
  text: string,
  words: ReadonlyArray<string>,
  mostDifferent: number
): ReadonlyArray<string> =>
  words
    .map(word => ({ word, off: distance(text, word) }))
    .filter(({ off }) => off <= mostDifferent)
    .toSorted((one, other) => one.off - other.off)
    .map(({ word }) => word)
