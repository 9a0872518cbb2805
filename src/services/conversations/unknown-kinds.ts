// Kinds of messages that this version does not understand: each is counted, and reported once so that somebody mends it. Neither
// says what such a message contains.
import { Effect } from 'effect'
import type { Fact } from '../../domain/fact.ts'
import type { Incidents } from '../incidents/incidents.ts'
import { countUnsupported } from '../telemetry/metrics.ts'

const UNSUPPORTED = 'unsupported:'

/** The numbers of fields and types are the sender's choice; beyond these they are no kinds of WhatsApp's. */
const HIGHEST_NUMBER = 400
const NUMBERED = /^[a-z]+(\d+)$/

/** A kind's name as metrics and incidents have it: there are only so many, whatever is sent. */
const boundedName = (name: string): string => {
  const number = NUMBERED.exec(name)?.[1]
  return number === undefined || Number(number) <= HIGHEST_NUMBER ? name : 'other'
}

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
    happened: `Messages of the kind ${kind} arrive, which this version does not understand`,
    did: 'Kept the ones that phones show as messages, with their protobuf; they get their meaning from a later version',
    advice: `Report the name ${kind} with the version of this server; it says nothing about what was written`
  }) as const

/** Counts the unknown kinds among facts; the first of each is reported, once per server. */
export const makeUnknownKinds = (incidents: Incidents['Service']) => {
  const reported = new Set<string>()
  const report = (kind: string) =>
    Effect.suspend(() => {
      if (reported.has(kind)) return Effect.void
      reported.add(kind)
      return incidents.reportOnce(incidentOf(kind))
    })

  return (facts: ReadonlyArray<Fact>): Effect.Effect<void> => {
    const kinds: Array<string> = []
    for (const fact of facts) {
      const kind = unknownKindOf(fact)
      if (kind !== undefined) kinds.push(boundedName(kind))
    }
    if (kinds.length === 0) return Effect.void
    return Effect.andThen(countUnsupported(kinds), Effect.forEach(new Set(kinds), report, { discard: true }))
  }
}
