// What happens to each stanza before Baileys sees it: it is recorded if it has to be durable, and handled here if Baileys would
// refuse it or leave it unacknowledged.
import type { AuthenticationCreds, BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { isBotAnswer } from '../convert/bot-answer.ts'
import { addressesIn } from './auth-state.ts'
import { botAnswers } from './bot-answers.ts'
import type { DurableReceive } from './durable-receive.ts'
import { acknowledger, isOfStatus, isOwnMessage, onUnhandled, unknownKindOf } from './own-stanzas.ts'
import { isRetryRequest } from './retry-requests.ts'
import { type HandedOn, type OwnHandling, type RecordStanza, recordBeforeHandling } from './stanza-gate.ts'
import type { ChatTurns } from './chat-turns.ts'
import { bytesOf, placeOf } from './stanza-place.ts'
import { statusHandling } from './statuses.ts'

/**
 * Baileys has a queue of its own for what waited while the device was away: one for all senders. A notification stays in it, as Baileys
 * asks for no new session while many of them come.
 */
const withoutPlaceInQueue = (stanza: BinaryNode): BinaryNode => {
  if (stanza.tag === 'notification' || stanza.attrs['offline'] === undefined) return stanza
  const { offline: _, ...attrs } = stanza.attrs
  return { ...stanza, attrs }
}

export const handleStanzas = (options: {
  readonly socket: WASocket
  readonly creds: AuthenticationCreds
  readonly record: RecordStanza
  readonly cannotRecord: DurableReceive['cannotRecord']
  readonly handled: DurableReceive['handled']
  readonly isUnreadPeer: DurableReceive['isUnreadPeer']
  readonly keepsStatuses: boolean
  /** Called with the name of each kind that this version does not know. */
  readonly onUnknown: (kind: string) => void
  /** Called with each stanza that Baileys or this server handles. */
  readonly onStanza?: ((stanza: BinaryNode) => void) | undefined
  /** Called with each notification before Baileys handles it, which waits for it. */
  readonly beforeNotification: (stanza: BinaryNode) => Promise<void>
  /** What Baileys gets of a stanza that it handles. */
  readonly handedOn: HandedOn
  readonly turns: ChatTurns
  /** Whether there is anything to answer a request with, to send a message again. */
  readonly canAnswer: (stanza: BinaryNode) => Promise<boolean>
}): void => {
  const {
    beforeNotification,
    canAnswer,
    cannotRecord,
    creds,
    handedOn,
    handled,
    isUnreadPeer,
    keepsStatuses,
    onStanza,
    onUnknown,
    record,
    socket,
    turns
  } = options
  const acknowledge = acknowledger(socket, creds)
  const handleStatus = statusHandling({
    socket,
    self: () => addressesIn(creds),
    isKept: keepsStatuses,
    handled,
    acknowledge
  })
  const bots = botAnswers(socket)
  const unanswerable = new WeakSet<BinaryNode>()
  const noteUnanswerable = async (stanza: BinaryNode): Promise<void> => {
    if (!(await canAnswer(stanza))) unanswerable.add(stanza)
  }
  const noticing: RecordStanza = (kind, stanza) => {
    const unknown = unknownKindOf(kind, stanza, addressesIn(creds))
    if (unknown !== undefined) onUnknown(unknown)
    onStanza?.(stanza)
    if (isRetryRequest(kind, stanza)) return noteUnanswerable(stanza)
    const recorded = record(kind, stanza)
    if (kind !== 'CB:notification') return recorded
    return Promise.all([recorded, beforeNotification(stanza)]).then(() => undefined)
  }
  const own: OwnHandling = {
    isOwn: (kind, stanza) =>
      unanswerable.has(stanza) ||
      (kind === 'CB:message' && (isUnreadPeer(stanza) || isOwnMessage(stanza, addressesIn(creds)))),
    handle: stanza => {
      if (isOfStatus(stanza)) return handleStatus(stanza)
      return isBotAnswer(stanza) ? bots.handle(stanza) : acknowledge(stanza)
    }
  }
  recordBeforeHandling(socket, {
    record: noticing,
    cannotRecord,
    own,
    handled,
    handedOn: stanza => withoutPlaceInQueue(handedOn(stanza)),
    turnOf: (kind, stanza, turn) =>
      turns.take(placeOf(kind, stanza, addressesIn(creds)), bytesOf(stanza), turn)
  })
  onUnhandled(socket, stanza => {
    if (isOfStatus(stanza)) {
      // At once, so that none is overtaken. What cannot be recorded is not acknowledged: WhatsApp delivers it again.
      void record('CB:message', stanza)
      return handleStatus(stanza)
    }
    onUnknown(`stanza:${stanza.tag}`)
    acknowledge(stanza)
  })
}
