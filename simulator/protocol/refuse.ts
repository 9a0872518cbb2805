// Refusing what a client asks for: it is told a code and a text, and the refusal is recorded.
import { clientName, type Session } from '../state/session.ts'
import type { Network } from '../state/network.ts'
import { type BinaryNode, child, element } from '../wire/binary-node.ts'
import { acknowledge, describeStanza, queryError } from '../wire/stanza.ts'

/** Answers a query with an error. */
export const refuseQuery = (
  network: Network,
  session: Session,
  query: BinaryNode,
  code: number,
  text: string
): void => {
  recordRefusal(network, session, query, code, text)
  network.reply(session, queryError(query, code, text))
}

/** Acknowledges any other stanza with an error, as WhatsApp refuses messages. */
export const refuseStanza = (
  network: Network,
  session: Session,
  stanza: BinaryNode,
  code: number,
  text: string
): void => {
  recordRefusal(network, session, stanza, code, text)
  network.reply(session, {
    ...acknowledge(stanza, network.clock.seconds(), { error: code }),
    content: [element('error', { code, text })]
  })
}

/** Records an answer to a query that is an error. */
export const noteError = (
  network: Network,
  session: Session,
  query: BinaryNode,
  answer: BinaryNode
): void => {
  if (answer.attrs.type !== 'error') return
  const { code, text } = child(answer, 'error')?.attrs ?? {}
  recordRefusal(network, session, query, Number(code), text ?? '')
}

const recordRefusal = (
  network: Network,
  session: Session,
  stanza: BinaryNode,
  code: number,
  text: string
): void => network.refusals.record({ client: clientName(session), what: describeStanza(stanza), code, text })
