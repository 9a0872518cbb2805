// What is learned of a call after it was stored, by whichever way it is told.
import type { Call } from './message.ts'

/** How much an outcome says: that a call was answered is not undone by its end. */
const telling = ({ outcome }: Call): number => ['ringing', 'missed', 'declined', 'answered'].indexOf(outcome)

/** The call with what another report of it adds; the same object when that is nothing. */
export const withReport = (call: Call | null, report: Call): Call => {
  if (call === null) return report
  const { outcome } = telling(call) >= telling(report) ? call : report
  const duration = call.duration ?? report.duration
  return outcome === call.outcome && duration === call.duration ? call : { ...call, outcome, duration }
}
