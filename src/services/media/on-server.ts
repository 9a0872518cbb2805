// Whether WhatsApp's media server still has the file of a message, where the message says.
import { Effect } from 'effect'
import { mediaAddress } from '../../domain/media-address.ts'
import type { Message } from '../../domain/message.ts'
import { isOnMediaServer } from '../whatsapp/media/probe.ts'
import type { DownloadOptions } from './download.ts'
import { sourceOf } from './source.ts'

/** `undefined` if the media server does not say. */
export const makeIsOnServer = ({ mediaBase, proxyOf }: Omit<DownloadOptions, 'largest'>) =>
  Effect.fn('Media.isOnServer')(function* (message: Message) {
    const source = sourceOf(message)
    const url = source && mediaAddress(source.directPath, mediaBase)
    if (source === undefined || url === undefined) return false
    return yield* proxyOf(source.accountId).pipe(
      Effect.flatMap(proxy => isOnMediaServer(url, proxy)),
      Effect.orElseSucceed(() => undefined)
    )
  })
