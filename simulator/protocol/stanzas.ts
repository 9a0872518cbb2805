// Dispatches each stanza of a client by its tag. A stanza from a client that is not linked may only be about pairing.
import { endSession } from './session-end.ts'
import { authenticated } from './login.ts'
import { routeMessage, sendAck } from './messages/routing.ts'
import type { Account, Companion } from '../state/account.ts'
import type { Network } from '../state/network.ts'
import { clientName, type Session } from '../state/session.ts'
import { activate } from './introduction.ts'
import { abandonPairing, answerPairSuccess } from './pairing/claim.ts'
import { answerLinkCode } from './pairing/code.ts'
import { answerPasskey } from './pairing/passkey.ts'
import { isPong } from './pings.ts'
import { routeChatState, routePresence } from './presence.ts'
import { answerQuery } from './queries.ts'
import { acknowledged, routeReceipt } from './receipts.ts'
import { refuseQuery, refuseStanza } from './refuse.ts'
import { type BinaryNode, child, children, element } from '../wire/binary-node.ts'
import type { Connection, ConnectionHandlers } from '../wire/connection.ts'
import { NotServed } from '../wire/not-served.ts'
import { acknowledge, describeStanza, keepAliveAnswer } from '../wire/stanza.ts'

export const handlersFor = (network: Network): ConnectionHandlers => ({
  authenticated(connection, payload, staticKey) {
    const session: Session = { connection, companion: undefined, unlinked: undefined }
    network.sessions.set(connection, session)
    const companion = authenticated(network, session, payload, staticKey)
    // A client that does not ask to be passive wants its stanzas at once.
    if (companion && payload.passive === false) activate(network, session, companion)
  },
  stanza(connection, node) {
    const session = network.sessions.get(connection)
    if (!session) return undefined
    if (connection.isDeaf) {
      if (isKeepAlive(node)) connection.answerKeepAlive(keepAliveAnswer(node, network.clock.seconds()))
      return undefined
    }
    const sent = describeStanza(node)
    const drop = network.faults.dropOnReceived(clientOf(session), sent)
    try {
      if (drop?.handled !== false) handle(network, session, node)
    } catch (error) {
      // Well-formed but invalid: recorded, and the connection continues.
      network.background.report(`stanza ${node.tag}`, error)
    }
    if (drop) {
      network.signals.emit('dropped', { client: clientName(session), sent })
      connection.destroy()
    }
    return network.background.capacity()
  },
  closed(connection) {
    const session = network.sessions.get(connection)
    network.sessions.delete(connection)
    if (!session) return
    abandonPairing(session)
    endSession(network, session, connection)
  },
  misbehaved(connection: Connection, error) {
    network.background.report(`connection ${connection.id}`, error)
    const session = network.sessions.get(connection)
    network.refusals.record({
      client: session ? clientName(session) : `connection ${connection.id}`,
      what: session ? 'frame' : 'handshake',
      code: error instanceof NotServed ? error.code : 400,
      text: error instanceof Error ? error.message : String(error)
    })
  }
})

/** Whose client it is; nobody knows it before its account was named in pairing. */
const clientOf = ({ companion, unlinked }: Session): { account?: Account; companion?: Companion } => {
  const account = companion?.account ?? unlinked?.claim?.account
  return { ...(account ? { account } : {}), ...(companion ? { companion } : {}) }
}

const isKeepAlive = ({ attrs, tag }: BinaryNode): boolean => tag === 'iq' && attrs.xmlns === 'w:p'

const handle = (network: Network, session: Session, node: BinaryNode): void => {
  const { companion } = session
  if (!companion) {
    handleUnlinked(network, session, node)
    return
  }
  if (companion.connection !== session.connection) return
  switch (node.tag) {
    case 'iq':
      if (!isPong(network, session, node)) answerQuery(network, session, companion, node)
      return
    case 'message':
      routeMessage(network, session, companion, node)
      return
    case 'receipt':
      routeReceipt(network, session, companion, node)
      return
    case 'ack':
      acknowledged(network, companion, node)
      return
    case 'presence':
      if (!routePresence(network, companion, node)) refuseStanza(network, session, node, 501, NOT_IMPLEMENTED)
      return
    case 'chatstate':
      if (!routeChatState(network, companion, node))
        refuseStanza(network, session, node, 501, NOT_IMPLEMENTED)
      return
    case 'call':
      if (children(node).some(({ tag }) => !SERVED_CALLS.includes(tag))) {
        refuseStanza(network, session, node, 501, NOT_IMPLEMENTED)
        return
      }
      sendAck(
        network,
        session,
        companion,
        child(node, 'link_create')
          ? element('call', { id: node.attrs.id, from: node.attrs.to }, [
              element('link_create', { token: 'simulated' })
            ])
          : acknowledge(node, network.clock.seconds())
      )
      return
    case 'notification':
      network.reply(session, acknowledge(node, network.clock.seconds()))
      return
    case 'ib': {
      const batch = child(node, 'offline_batch')
      if (batch) companion.queue.allow(Number(batch.attrs.count) || 0)
      return
    }
    case 'xmlstreamend':
      return
    default:
      refuseStanza(network, session, node, 501, NOT_IMPLEMENTED)
  }
}

/** As WhatsApp says that it does not know a query. */
const NOT_IMPLEMENTED = 'feature-not-implemented'
/** What a linked device may do about calls: it makes links to them, and declines them. */
const SERVED_CALLS = ['link_create', 'reject']

const handleUnlinked = (network: Network, session: Session, node: BinaryNode): void => {
  if (node.tag !== 'iq') {
    if (node.tag !== 'xmlstreamend') refuseStanza(network, session, node, 401, 'not-authorized')
    return
  }
  const { type } = node.attrs
  if (type === 'result' || type === 'error') {
    answerPairSuccess(network, session, node)
    return
  }
  if (node.attrs.xmlns === 'md' && answerLinkCode(network, session, node)) return
  if (node.attrs.xmlns === 'md' && answerPasskey(network, session, node)) return
  if (node.attrs.xmlns === 'w:p' || child(node, 'ping'))
    network.reply(session, keepAliveAnswer(node, network.clock.seconds()))
  else refuseQuery(network, session, node, 401, 'not-authorized')
}
