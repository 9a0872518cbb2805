// Kinds of messages and stanzas that this version does not understand: each is counted, and reported once so that somebody mends
// it. Neither says what such a message contains.
import { Effect } from 'effect'
import type { Fact } from '../../domain/fact.ts'
import type { IncidentReports } from '../incidents/incidents.ts'
import { countUnsupported } from '../telemetry/metrics.ts'

const UNSUPPORTED = 'unsupported:'

const OTHER = 'other'
/** The numbers of fields and types are the sender's choice; beyond this they are no kinds of WhatsApp's. */
const HIGHEST_NUMBER = 400
const NUMBERED = /^[a-z]+(\d+)$/
const NAME = /^[\w:.-]{1,64}$/
/** More kinds than this are somebody's invention. */
const MOST_KINDS = 100

const unknownKindOf = (fact: Fact): string | undefined => {
  if (fact.kind === 'leftOut') return fact.unknownKind
  return fact.kind === 'message' && fact.type.startsWith(UNSUPPORTED)
    ? fact.type.slice(UNSUPPORTED.length)
    : undefined
}

const incidentOf = (kind: string) =>
  ({
    accountId: null,
    kind: 'message.unsupportedKind',
    severity: 'info',
    subject: kind,
    happened: `WhatsApp sends ${kind}, which this version does not understand`,
    did: 'Kept what phones show as messages, with the protobuf, for a later version to understand; acknowledged the rest',
    advice: `Report the name ${kind} with the version of this server; it says nothing about what was written`
  }) as const

export interface UnknownKinds {
  /** Counts these kinds; the first of each is reported, once per server. */
  readonly note: (names: ReadonlyArray<string>) => Effect.Effect<void>
  /** The same for the unknown kinds among facts. */
  readonly noteIn: (facts: ReadonlyArray<Fact>) => Effect.Effect<void>
}

export const makeUnknownKinds = (incidents: IncidentReports['Service']): UnknownKinds => {
  const reported = new Set<string>()

  /** A kind's name as metrics and incidents have it: there are only so many, whatever is sent. */
  const bounded = (name: string): string => {
    const number = NUMBERED.exec(name)?.[1]
    const isPlausible = NAME.test(name) && (number === undefined || Number(number) <= HIGHEST_NUMBER)
    return isPlausible && (reported.has(name) || reported.size < MOST_KINDS) ? name : OTHER
  }

  const report = (kind: string): Effect.Effect<void> => {
    if (reported.has(kind)) return Effect.void
    reported.add(kind)
    return incidents.reportOnce(incidentOf(kind))
  }

  const note = (names: ReadonlyArray<string>): Effect.Effect<void> =>
    Effect.suspend(() => {
      const kinds = names.map(bounded)
      return Effect.andThen(
        countUnsupported(kinds),
        Effect.forEach(new Set(kinds), report, { discard: true })
      )
    })

  return {
    note,
    noteIn: facts => {
      const names = new Array<string>()
      for (const fact of facts) {
        const name = unknownKindOf(fact)
        if (name !== undefined) names.push(name)
      }
      return names.length === 0 ? Effect.void : note(names)
    }
  }
}
