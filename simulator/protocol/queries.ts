// Every query (`iq`) a client may send, by its namespace. A query nobody knows is answered with an error, never with silence:
// a client would wait for its time-out.
import {
  answerBlocklist,
  answerDisappearingMode,
  answerMediaConnection,
  answerMex,
  answerPicture,
  answerPrivacy,
  answerProperties,
  answerStatus
} from './account-queries.ts'
import { answerAppState } from './app-state.ts'
import type { Companion } from '../state/account.ts'
import { answerGroups } from './groups/queries.ts'
import { activate } from './introduction.ts'
import { unlink } from './login.ts'
import { announceDevices } from './device-list.ts'
import type { Network } from '../state/network.ts'
import type { Session } from '../state/session.ts'
import { answerEncrypt } from './pre-keys.ts'
import { noteError, refuseQuery } from './refuse.ts'
import { answerUsync } from './usync.ts'
import { type BinaryNode, child, children, element } from '../wire/binary-node.ts'
import { keepAliveAnswer, queryError, queryResult } from '../wire/stanza.ts'

/** How WhatsApp names errors of queries. */
const REFUSAL_TEXTS: Readonly<Record<number, string>> = {
  400: 'bad-request',
  403: 'forbidden',
  404: 'item-not-found',
  429: 'rate-overlimit',
  503: 'service-unavailable'
}

export const answerQuery = (
  network: Network,
  session: Session,
  companion: Companion,
  query: BinaryNode
): void => {
  const { xmlns, type } = query.attrs
  // An answer to a query of the server.
  if (type === 'result' || type === 'error') return
  if (
    xmlns !== undefined &&
    network.faults.take('ignoreQueries', { companion }, fault => fault.xmlns === xmlns)
  ) {
    return
  }
  network.signals.emit('query', { device: companion.jid, xmlns, type })
  const refusal = network.faults.take('refuseQueries', { companion }, fault => fault.xmlns === xmlns)
  if (refusal !== undefined) {
    refuseQuery(
      network,
      session,
      query,
      refusal.error,
      REFUSAL_TEXTS[refusal.error] ?? 'internal-server-error'
    )
    return
  }
  if (type !== 'get' && type !== 'set') {
    refuseQuery(network, session, query, 400, 'bad-request')
    return
  }
  if (xmlns === 'w:sync:app:state') {
    network.background.run(
      'app state',
      answerAppState(network, companion, query).then(
        answer => network.reply(session, answer),
        (error: unknown) => {
          refuseQuery(network, session, query, 400, 'bad-request')
          throw error
        }
      )
    )
    return
  }
  const answer = answerSafely(network, session, companion, query)
  if (!answer) return
  noteError(network, session, query, answer)
  network.reply(session, answer)
}

/** A query that cannot even be read is answered like one: the client must not wait for its time-out. */
const answerSafely = (
  network: Network,
  session: Session,
  companion: Companion,
  query: BinaryNode
): BinaryNode | undefined => {
  try {
    return answerOf(network, session, companion, query)
  } catch (error) {
    network.background.report(`query ${query.attrs.xmlns}`, error)
    return queryError(query, 400, 'bad-request')
  }
}

const answerOf = (
  network: Network,
  session: Session,
  companion: Companion,
  query: BinaryNode
): BinaryNode | undefined => {
  switch (query.attrs.xmlns) {
    case 'encrypt':
      return answerEncrypt(network, companion, query)
    case 'passive':
      network.reply(session, queryResult(query))
      if (child(query, 'active')) activate(network, session, companion)
      return undefined
    case 'usync':
      return answerUsync(network, companion, query)
    case 'abt':
    case 'w':
      return answerProperties(companion, query)
    case 'blocklist':
      return answerBlocklist(network, companion, query)
    case 'privacy':
      return answerPrivacy(network, companion, query)
    case 'status':
      return answerStatus(network, companion, query)
    case 'w:profile:picture':
      return answerPicture(network, companion, query)
    case 'disappearing_mode':
      return answerDisappearingMode(network, companion, query)
    case 'w:m':
      return answerMediaConnection(network, query)
    case 'w:g2':
      return answerGroups(network, companion, query)
    case 'w:mex':
      return answerMex(network, companion, query)
    case 'md':
      return removeDevice(network, session, companion, query)
    case 'w:p':
    case 'urn:xmpp:ping':
      return keepAliveAnswer(query, network.clock.seconds())
    case 'w:stats':
    case 'urn:xmpp:whatsapp:dirty':
    case 'urn:xmpp:whatsapp:push':
    case 'urn:xmpp:whatsapp:account':
    case 'tos':
      return queryResult(query)
    case 'bot':
      return queryResult(query, [element('bot', { v: '2' })])
    case 'w:biz':
      return queryResult(query, [element('business_profile')])
    default:
      // a keep-alive may come without a namespace
      if (query.attrs.xmlns === undefined && (children(query).length === 0 || child(query, 'ping'))) {
        return keepAliveAnswer(query, network.clock.seconds())
      }
      return queryError(query, 501, 'feature-not-implemented')
  }
}

/** A device logs itself, or another device of its account, out. */
const removeDevice = (
  network: Network,
  session: Session,
  companion: Companion,
  query: BinaryNode
): BinaryNode | undefined => {
  const removal = child(query, 'remove-companion-device')
  if (!removal) return queryError(query, 400, 'bad-request')
  const target = network.directory.companion(removal.attrs.jid)
  if (target?.account !== companion.account) return queryError(query, 404, 'item-not-found')
  network.reply(session, queryResult(query))
  unlink(network, target)
  announceDevices(network, target.account, 'remove', target)
  return undefined
}
