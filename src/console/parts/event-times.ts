// The times of events that people plan: their text has them in UTC, and here they are as all others are.
import type { Message } from '../../client/index.ts'
import { dateTime } from '../format.ts'

const WRITTEN = String.raw`(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC`
const ANYWHERE = new RegExp(String.raw`\b${WRITTEN}\b`, 'g')
const LINE = new RegExp(`^${WRITTEN}(?: – ${WRITTEN})?$`, 'gm')

/** The text of an event. */
export const withLocalTimes = (text: string): string =>
  text.replaceAll(ANYWHERE, (written, day: string, at: string) => {
    const time = Date.parse(`${day}T${at}Z`)
    // Anybody can write what is no time.
    return Number.isNaN(time) ? written : dateTime(time)
  })

/** What a message says; `null` without a text. */
export const bodyOf = ({ body, type }: Pick<Message, 'body' | 'type'>): string | null =>
  body !== null && type === 'event' ? withLocalTimes(body) : body

/** A text of which nobody says whether it is that of an event: there its time has a line of its own. */
export const withLocalTimeLines = (text: string): string =>
  text.replaceAll(LINE, line => withLocalTimes(line))
