// The media host deletes the file of a message, as WhatsApp does after weeks.
import type { Mailbox } from '../../state/history/mailbox.ts'
import { fileIn } from '../../state/messages/content.ts'
import type { Network } from '../../state/network.ts'

/** Throws when no message of this id with a file is on the phone. With `lost` the phone does not have the file either. */
export const expireFile = (
  network: Network,
  mailbox: Mailbox,
  id: string,
  { lost = false }: { lost?: boolean | undefined }
): void => {
  const message = mailbox.chats
    .map(chat => mailbox.infoOf(chat, id)?.message)
    .find(found => found !== null && found !== undefined)
  const path = message && fileIn(message)?.directPath
  if (!path) throw new Error(`no message ${id} with a file is on this phone`)
  if (lost) network.media.withdraw(path)
  else network.media.expire(path)
}
