// Which facts of a history are stored while only newer messages are kept. What arrives live always is: it is told to subscribers, and
// removed in its time like any other.
import type { Fact } from './fact.ts'

/** Without messages of a history from before a time (milliseconds since 1970), and without what was done to such. */
export const withoutOld = (facts: ReadonlyArray<Fact>, floor: number | undefined): ReadonlyArray<Fact> =>
  floor === undefined ? facts : facts.filter(fact => timeOf(fact) >= floor)

/** What is done to a message comes after it: what is older than the floor is about a message that is, too. */
const timeOf = (fact: Fact): number => {
  switch (fact.kind) {
    case 'message':
    case 'sealed':
      return fact.live ? Infinity : fact.timestamp
    case 'change':
      return 'at' in fact.change ? fact.change.at : Infinity
    default:
      return Infinity
  }
}
