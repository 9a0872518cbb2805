// Numbers that are dialled in two ways and are one account: Brazil's ninth digit, Mexico's 1, Argentina's 9. An account has one
// of the two spellings, and WhatsApp knows which.

interface TwoSpellings {
  /** What the longer spelling looks like; the first group and the last one without what is between them are the shorter one. */
  readonly longer: RegExp
  readonly shorter: RegExp
  /** What the longer spelling has between the two groups. */
  readonly inserted: string
}

const COUNTRIES: readonly TwoSpellings[] = [
  { longer: /^(55\d\d)9(\d{8})$/, shorter: /^(55\d\d)(\d{8})$/, inserted: '9' },
  { longer: /^(52)1(\d{10})$/, shorter: /^(52)(\d{10})$/, inserted: '1' },
  { longer: /^(54)9(\d{10})$/, shorter: /^(54)(\d{10})$/, inserted: '9' }
]

/** The other spelling of a number (digits only), if it has one. */
export const otherSpelling = (digits: string): string | undefined => {
  for (const { inserted, longer, shorter } of COUNTRIES) {
    const long = longer.exec(digits)
    if (long) return `${long[1]}${long[2]}`
    const short = shorter.exec(digits)
    if (short) return `${short[1]}${inserted}${short[2]}`
  }
  return undefined
}
