// The addresses on a message stanza: the writer and the chat in the chat's addressing, each with its other address beside it.
import { type Addressing, otherAttribute } from '../../wire/jid.ts'

interface MessageAddresses {
  readonly addressing: Addressing
  /** The writer's address in the chat's addressing, and the writer's other address. */
  readonly writer: string
  readonly otherWriter: string | undefined
  /** The address of the group, of the status or of a broadcast list. */
  readonly group: string | undefined
  /** The chat's addresses, on the writer's own other devices only. */
  readonly recipient: { readonly address: string; readonly other: string | undefined } | undefined
}

export const addressAttributes = ({
  addressing,
  writer,
  otherWriter,
  group,
  recipient
}: MessageAddresses): Record<string, string | undefined> => {
  if (group !== undefined) {
    return { from: group, participant: writer, [otherAttribute('participant', addressing)]: otherWriter }
  }
  // On the writer's own devices the other address is the chat's, not the writer's.
  if (recipient) {
    return {
      from: writer,
      recipient: recipient.address,
      [otherAttribute('peer_recipient', addressing)]: recipient.other
    }
  }
  return { from: writer, [otherAttribute('sender', addressing)]: otherWriter }
}
