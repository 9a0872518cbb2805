// What the benches are asked for on their command lines.

/** The option's whole number; throws with what is allowed. */
export const wholeOption = (name: string, text: string | undefined, most: number): number => {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 1 && number <= most) return number
  throw new RangeError(`--${name} takes a whole number from 1 to ${most}`)
}
