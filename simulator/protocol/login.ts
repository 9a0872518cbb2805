// After the handshake a device that is not linked begins pairing, a linked one logs in, any other is refused with 401. One device
// has one connection: a second one replaces the first.
import type { proto } from '@whiskeysockets/baileys'
import type { Companion } from '../state/account.ts'
import { formatVersion, versionIn } from '../state/client-versions.ts'
import type { Network } from '../state/network.ts'
import { clientName, type Session } from '../state/session.ts'
import type { FailureDetails } from '../state/faults.ts'
import { endInOutage } from './disconnections.ts'
import { beginPairing } from './pairing/begin.ts'
import { element, SERVER_JID } from '../wire/stanza.ts'

export const authenticated = (
  network: Network,
  session: Session,
  payload: proto.ClientPayload,
  noiseKey: Buffer
): Companion | undefined => {
  if (payload.devicePairingData) {
    const refusal = network.faults.take('refuseLogins', {})
    if (refusal) refuse(network, session, refusal.reason, refusal)
    else if (network.faults.take('outage', {})) refuse(network, session, network.outages.pick(OUTAGE_REASONS))
    else if (!network.clientVersions.accepts(versionIn(payload))) refuse(network, session, TOO_OLD)
    else if (!beginPairing(network, session, payload, noiseKey)) refuse(network, session, 400)
    return undefined
  }
  const account = network.directory.byPhoneNumber(String(payload.username ?? ''))
  const companion = account?.companions.get(payload.device ?? 0)
  const refusal = network.faults.take('refuseLogins', { account, companion })
  if (refusal) {
    refuse(network, session, refusal.reason, refusal)
    return undefined
  }
  if (network.faults.take('outage', { account, companion })) {
    // Some logins still succeed while WhatsApp is down, and do not last.
    if (companion?.noiseKey.equals(noiseKey) && network.outages.chance(LOGINS_IN_OUTAGE))
      login(network, session, companion, payload)
    if (session.companion !== undefined || network.outages.chance(0.5))
      endInOutage(network, session.connection)
    else refuse(network, session, network.outages.pick(OUTAGE_REASONS))
    return undefined
  }
  if (!network.clientVersions.accepts(versionIn(payload), account?.leastVersion)) {
    refuse(network, session, TOO_OLD)
    return undefined
  }
  if (!companion?.noiseKey.equals(noiseKey)) {
    refuse(network, session, 401)
    return undefined
  }
  login(network, session, companion, payload)
  return companion
}

/** The reason of a refused login whose version is too old. */
const TOO_OLD = 405

const OUTAGE_REASONS = [500, 501, 503] as const
/** The share of logins that succeed in an outage. */
const LOGINS_IN_OUTAGE = 0.25

const refuse = (
  network: Network,
  session: Session,
  reason: number | undefined,
  { code, expire, location = 'sim', message }: FailureDetails = {}
): void => {
  network.reply(session, element('failure', { reason, location, code, expire, message }))
  network.signals.emit('loginRefused', { reason })
  const text = message ?? 'the login was refused'
  network.refusals.record({ client: clientName(session), what: 'login', code: reason ?? 0, text })
  session.connection.end()
}

const login = (
  network: Network,
  session: Session,
  companion: Companion,
  payload: proto.ClientPayload
): void => {
  const before = companion.connection
  session.companion = companion
  companion.connection = session.connection
  companion.available = false
  companion.logins++
  companion.version = formatVersion(versionIn(payload))
  if (payload.pushName) companion.pushName = payload.pushName
  if (before) {
    companion.queue.close(before)
    void before.send(element('stream:error', {}, [element('conflict', { type: 'replaced' })]))
    before.end()
  }
  network.reply(
    session,
    element('success', {
      t: network.clock.atLogin(),
      props: '27',
      companion_enc_static: companion.storageKey.toString('base64'),
      location: 'sim',
      lid: companion.lid,
      display_name: companion.account.pushName,
      creation: network.clock.seconds() - 86_400
    })
  )
  network.reply(
    session,
    element('ib', { from: SERVER_JID }, [
      element('edge_routing', {}, [
        element('routing_info', {}, Buffer.from([8, 2, 8, companion.number & 127]))
      ])
    ])
  )
  network.signals.emit('login', { device: companion.jid })
}

/** Removes a linked device: it is notified, its connection closes, its next login is refused. */
export const unlink = (network: Network, companion: Companion): void => {
  const { account, connection } = companion
  account.companions.delete(companion.number)
  companion.queue.clear()
  if (connection) {
    companion.queue.close(connection)
    void connection.send(
      element('stream:error', { code: '401' }, [element('conflict', { type: 'device_removed' })])
    )
    connection.end()
  }
  network.signals.emit('unlinked', { device: companion.jid })
}
