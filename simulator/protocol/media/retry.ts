// A device asks the phone to upload a media file again (`server-error` receipt). The phone answers `mediaretry` with the path
// the file is under now, sealed with a key derived from the media key, or says that it no longer has it.
import { randomBytes } from 'node:crypto'
import { aesEncryptGCM, hkdf, proto } from '@whiskeysockets/baileys'
import type { Companion } from '../../state/account.ts'
import { fileIn } from '../../state/messages/content.ts'
import type { Network } from '../../state/network.ts'
import { type BinaryNode, child, element } from '../../wire/binary-node.ts'

const { ResultType } = proto.MediaRetryNotification

export const answerMediaRetry = (network: Network, companion: Companion, receipt: BinaryNode): void => {
  const answer = (): void => {
    const { id } = receipt.attrs
    const rmr = child(receipt, 'rmr')
    const media = id === undefined ? undefined : mediaOf(network, companion, rmr?.attrs.jid, id)
    companion.queue.add(
      'notification',
      element(
        'notification',
        { id, from: companion.account.jid, type: 'mediaretry', t: network.clock.seconds() },
        [
          element('rmr', rmr?.attrs ?? {}),
          media && id !== undefined
            ? sealedNotification(id, media)
            : element('error', { code: ResultType.NOT_FOUND })
        ]
      )
    )
    network.signals.emit('mediaRetry', { device: companion.jid, id })
  }
  if (companion.account.online) answer()
  else network.whenOnline(companion.account, answer)
}

interface Media {
  readonly mediaKey: Uint8Array
  readonly directPath: string
}

const mediaOf = (
  network: Network,
  companion: Companion,
  chatJid: string | undefined,
  id: string
): Media | undefined => {
  const { chat, mailbox } = network.chatNamed(companion.account, chatJid) ?? {}
  const message = chat && mailbox?.infoOf(chat, id)?.message
  if (!message) return undefined
  const { mediaKey, directPath } = fileIn(message) ?? {}
  const path = directPath && network.media.again(directPath)
  return mediaKey && path ? { mediaKey, directPath: path } : undefined
}

const sealedNotification = (id: string, { mediaKey, directPath }: Media): BinaryNode => {
  const key = Buffer.from(hkdf(Buffer.from(mediaKey), 32, { info: 'WhatsApp Media Retry Notification' }))
  const iv = randomBytes(12)
  const notification = proto.MediaRetryNotification.encode({
    stanzaId: id,
    directPath,
    result: ResultType.SUCCESS
  }).finish()
  return element('encrypt', {}, [
    element('enc_p', {}, aesEncryptGCM(notification, key, iv, Buffer.from(id))),
    element('enc_iv', {}, iv)
  ])
}
