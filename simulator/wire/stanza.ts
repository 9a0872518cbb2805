// The few stanzas every part of the server writes: answers to queries, acknowledgements, errors.
import { type BinaryNode, element, type NodeContent } from './binary-node.ts'
import { SERVER_JID } from './jid.ts'

export { element, SERVER_JID }

export const queryResult = (query: BinaryNode, content?: NodeContent): BinaryNode =>
  element('iq', { id: query.attrs.id, from: query.attrs.to ?? SERVER_JID, type: 'result' }, content)

/** The answer to a keep-alive tells the time, in seconds since 1970. */
export const keepAliveAnswer = (query: BinaryNode, t: number): BinaryNode =>
  element('iq', { id: query.attrs.id, from: query.attrs.to ?? SERVER_JID, type: 'result', t })

export const queryError = (query: BinaryNode, code: number, text: string): BinaryNode =>
  element('iq', { id: query.attrs.id, from: query.attrs.to ?? SERVER_JID, type: 'error' }, [
    element('error', { code, text })
  ])

/** What a client sends in a few words: the tag, the namespace or else the type, and what is in it. */
export const describeStanza = ({ attrs, content, tag }: BinaryNode): string => {
  const [asked] = Array.isArray(content) ? content : []
  return [tag, attrs.xmlns ?? attrs.type, asked?.tag]
    .filter(word => word !== undefined)
    .map(word => word.slice(0, 100))
    .join(' ')
}

/** The server's acknowledgement of a stanza a client sent; `t` is WhatsApp's time, in seconds since 1970. */
export const acknowledge = (
  node: BinaryNode,
  t: number,
  extra: Record<string, string | number | undefined> = {}
): BinaryNode =>
  element('ack', {
    id: node.attrs.id,
    class: node.tag,
    from: node.attrs.to,
    participant: node.attrs.participant,
    type: node.tag === 'receipt' || node.tag === 'notification' ? node.attrs.type : undefined,
    t,
    ...extra
  })
