// What a connection learns about its client version: that WhatsApp accepts it, refuses it, or accepts it until a certain time only.
import type { BinaryNode, ConnectionState, WASocket } from '@whiskeysockets/baileys'
import { getBinaryNodeChild } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import type { IncidentReport, Incidents } from '../../incidents/incidents.ts'
import type { Connection } from '../socket/connection-context.ts'
import { newerVersion, type SocketClosed, versionRefused } from '../socket/disconnects.ts'
import type { ClientVersion } from './client-version.ts'
import { formatVersion } from './version.ts'

const KIND = 'account.versionExpires'

/** The last time of a JavaScript date, seconds since 1970. */
const LATEST_S = 8_640_000_000_000

/** Seconds since 1970 in `t`; `undefined` when the announcement is withdrawn. */
const endIn = (stanza: BinaryNode): number | undefined => {
  const t = getBinaryNodeChild(stanza, 'client_expiration')?.attrs['t'] ?? ''
  const seconds = /^\d{1,14}$/.test(t) ? Number(t) : 0
  return seconds > 0 && seconds <= LATEST_S ? seconds : undefined
}

const expires = (accountId: string, version: string, endsAt: number): IncidentReport => {
  const date = new Date(endsAt * 1000).toISOString()
  return {
    accountId,
    kind: KIND,
    severity: 'warning',
    subject: `${version} ${date}`,
    happened: `WhatsApp will refuse the client version ${version} of this account from ${date} on`,
    did: 'The page that names the live version was asked; a newer version is used as soon as there is one',
    advice:
      'Nothing, unless this is not resolved soon: then set WHATSAPP_VERSION to auto, let this server reach WHATSAPP_VERSION_URL, or update it'
  }
}

/** The incidents of an account whose subject does not begin so are over. */
const resolveOthers = (incidents: Incidents['Service'], accountId: string, except: string | undefined) =>
  incidents
    .resolve({ accountId, kind: KIND, except })
    .pipe(
      Effect.catch(error => Effect.logWarning('Incidents of a client version could not be resolved', error))
    )

/** Every announcement before this one is over; those of the same version and date go on. */
const noteEnd = Effect.fnUntraced(function* (
  incidents: Incidents['Service'],
  accountId: string,
  report: IncidentReport | undefined
) {
  yield* resolveOthers(incidents, accountId, report?.subject)
  if (report !== undefined) yield* incidents.reportOnce(report)
})

/** Follows what WhatsApp says about the version of this connection; opens it anew when there is a newer one. */
export const followVersion = (connection: Connection, socket: WASocket): void => {
  const { accountId, proxy, end, runtime, services, version } = connection
  const { clientVersion, incidents } = services
  const onAnnouncement = Effect.fnUntraced(function* (endsAt: number | undefined) {
    if (endsAt === undefined) return yield* noteEnd(incidents, accountId, undefined)
    yield* noteEnd(incidents, accountId, expires(accountId, formatVersion(version), endsAt))
    const newer = yield* clientVersion.newerThan(version, proxy)
    if (newer !== undefined) end(newerVersion(formatVersion(newer), services.now()))
  })
  const onOpen = Effect.gen(function* () {
    yield* clientVersion.noteWorking(version)
    yield* resolveOthers(incidents, accountId, `${formatVersion(version)} `)
  })
  socket.ws.on('CB:ib,,client_expiration', (stanza: BinaryNode) =>
    runtime.fork(onAnnouncement(endIn(stanza)))
  )
  socket.ev.on('connection.update', ({ connection: state }: Partial<ConnectionState>) => {
    if (state === 'open') runtime.fork(onOpen)
  })
}

const REFUSED = 405

const isRefusal = ({ disconnect: { code, source } }: SocketClosed): boolean =>
  code === REFUSED && (source === 'failure' || source === 'streamError')

/** A connection that ended because its version is too old is opened anew when the live version is another one. */
export const afterVersionRefusal = Effect.fnUntraced(function* (
  clientVersion: ClientVersion['Service'],
  end: SocketClosed,
  { proxy, version }: Pick<Connection, 'proxy' | 'version'>
) {
  if (!isRefusal(end)) return end
  return versionRefused(end, formatVersion(version), yield* clientVersion.afterRefusal(version, proxy))
})
