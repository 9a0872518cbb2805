// A device asks the phone to upload a media file again (`server-error` receipt); the phone answers `mediaretry` with the path
// the file is now under, sealed with a key derived from the media key, or says that it no longer has it.
import type { Companion } from './companion.ts'
import type { Network } from './network.ts'
import { type BinaryNode, child, element } from './wire/binary-node.ts'
import { unixSeconds } from './wire/stanza.ts'

export const answerMediaRetry = (network: Network, companion: Companion, receipt: BinaryNode): void => {
  const rmr = child(receipt, 'rmr')
  companion.queue.add(
    'notification',
    element(
      'notification',
      { id: receipt.attrs.id, from: companion.account.jid, type: 'mediaretry', t: unixSeconds() },
      [element('rmr', rmr?.attrs ?? {}), element('error', { code: '2' })]
    )
  )
  network.signals.emit('mediaRetry', { device: companion.jid, id: receipt.attrs.id })
}
