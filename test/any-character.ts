// Units of random text.
import fc from 'fast-check'

const SURROGATES = 0x800

/** Any character of Unicode but half of one. `unit: 'binary'` of fast-check is the same; it takes two seconds to begin in each process. */
export const anyCharacter = fc
  .integer({ min: 0, max: 0x10ffff - SURROGATES })
  .map(point => String.fromCodePoint(point < 0xd800 ? point : point + SURROGATES))
