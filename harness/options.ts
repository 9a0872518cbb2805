// Numbers on the command lines of the demo, the benches and the chaos tests.

/** The option's whole number from 1 to `most`; throws with what is allowed. */
export const wholeOption = (name: string, text: string | undefined, most: number): number => {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 1 && number <= most) return number
  throw new RangeError(`--${name} takes a whole number from 1 to ${most}`)
}

/** Where applications read; throws with what is allowed. */
export const storeOption = (text: string): 'sqlite' | 'firestore' => {
  if (text === 'sqlite' || text === 'firestore') return text
  throw new RangeError('--store takes sqlite or firestore')
}
