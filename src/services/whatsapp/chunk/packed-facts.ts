// Facts on their way between threads, in parts: no thread has to stop for long to pack or unpack them.
import { deserialize, serialize } from 'node:v8'
import type { Fact } from '../../../domain/fact.ts'

/** Facts as bytes, and how many they are. */
export interface PackedPart {
  readonly bytes: Uint8Array
  readonly facts: number
}

const MOST_IN_A_PART = 100

export const packFacts = (facts: ReadonlyArray<Fact>): ReadonlyArray<PackedPart> => {
  const parts: Array<PackedPart> = []
  for (let from = 0; from < facts.length; from += MOST_IN_A_PART) {
    const some = facts.slice(from, from + MOST_IN_A_PART)
    parts.push({ bytes: serialize(some), facts: some.length })
  }
  return parts
}

export const unpackFacts = ({ bytes }: PackedPart): ReadonlyArray<Fact> =>
  // Packed by this server a moment ago.
  deserialize(bytes) as ReadonlyArray<Fact>

/** Facts that stay packed until they are iterated. */
export class PackedFacts implements Iterable<Fact> {
  readonly parts: ReadonlyArray<PackedPart>

  constructor(parts: ReadonlyArray<PackedPart>) {
    this.parts = parts
  }

  *[Symbol.iterator](): Generator<Fact> {
    for (const part of this.parts) yield* unpackFacts(part)
  }
}

export const packedPartsOf = (facts: Iterable<Fact>): ReadonlyArray<PackedPart> =>
  facts instanceof PackedFacts ? facts.parts : packFacts([...facts])

export const countFacts = (facts: Iterable<Fact>): number =>
  facts instanceof PackedFacts ? facts.parts.reduce((sum, part) => sum + part.facts, 0) : [...facts].length
