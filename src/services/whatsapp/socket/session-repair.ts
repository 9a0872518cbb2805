// Undoes what a successful decryption did to the wrong sessions.
//
// A Signal record holds several sessions with one device. libsignal tries one after the other on a message, and a try that
// fails has already stepped that session's ratchet: its receiving chain is closed, its sending chain deleted. It
// then stores the record as it is. From then on every message of the damaged session fails ("Chain closed", "Bad MAC"),
// which happens whenever both sides opened a session at the same time. So before a record is stored, every session that
// did not decrypt the message gets its ratchet back.

interface Session {
  readonly indexInfo: { readonly used: number }
  _chains: unknown
  currentRatchet: unknown
}

interface SessionRecord {
  readonly _sessions: Readonly<Record<string, Session>>
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isSession = (value: unknown): value is Session =>
  isObject(value) &&
  '_chains' in value &&
  'currentRatchet' in value &&
  isObject(value['indexInfo']) &&
  typeof value['indexInfo']['used'] === 'number'

const isRecord = (value: unknown): value is SessionRecord =>
  isObject(value) && isObject(value['_sessions']) && Object.values(value['_sessions']).every(isSession)

const ratchetOf = ({ _chains, currentRatchet }: Session): string => JSON.stringify([_chains, currentRatchet])

/** The record to store after a decryption, given the one that was stored before it; both as JSON. */
export const withoutFailedTries = (before: Uint8Array, after: Uint8Array): Uint8Array => {
  const earlier: unknown = JSON.parse(Buffer.from(before).toString())
  const record: unknown = JSON.parse(Buffer.from(after).toString())
  if (!isRecord(earlier) || !isRecord(record)) return after
  const stepped = Object.entries(record._sessions).flatMap(([key, session]) => {
    const was = earlier._sessions[key]
    return was !== undefined && ratchetOf(was) !== ratchetOf(session) ? [{ session, was }] : []
  })
  if (stepped.length < 2) return after
  // Only the session that decrypted has a new time of use; a failed try does not change it.
  const latest = Math.max(...stepped.map(({ session }) => session.indexInfo.used))
  const decrypted = stepped.filter(
    ({ session, was }) => session.indexInfo.used === latest && session.indexInfo.used !== was.indexInfo.used
  )
  if (decrypted.length !== 1) return after
  for (const { session, was } of stepped) {
    if (session === decrypted[0]?.session) continue
    session._chains = was._chains
    session.currentRatchet = was.currentRatchet
  }
  return Buffer.from(JSON.stringify(record))
}
