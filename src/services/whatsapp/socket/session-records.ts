// Two Signal records with the same device become one: it holds all their sessions, and decrypting tries one after the other.
import { Schema } from 'effect'
import { SessionRecord } from '../transfer/schemas.ts'

const isRecord = Schema.is(SessionRecord)

const usedAt = ({ _sessions }: SessionRecord): number =>
  Math.max(0, ...Object.values(_sessions).map(({ indexInfo }) => indexInfo.used ?? 0))

/** The session in use is that of the record that was used last. What is no record is left out. */
export const mergedRecords = (one: unknown, other: unknown): unknown => {
  if (!isRecord(one)) return other
  if (!isRecord(other)) return one
  const [last, before] = usedAt(one) >= usedAt(other) ? [one, other] : [other, one]
  const closed = Object.entries(before._sessions).map(([key, session]) => {
    const { closed: at, used = 0 } = session.indexInfo
    return [
      key,
      at === -1 ? { ...session, indexInfo: { ...session.indexInfo, closed: used } } : session
    ] as const
  })
  return { ...last, _sessions: { ...Object.fromEntries(closed), ...last._sessions } }
}

/** The same for records as the vault keeps them. */
export const mergedBytes = (one: Uint8Array | undefined, other: Uint8Array): Uint8Array =>
  one === undefined
    ? other
    : Buffer.from(
        JSON.stringify(
          mergedRecords(JSON.parse(Buffer.from(one).toString()), JSON.parse(Buffer.from(other).toString()))
        )
      )
