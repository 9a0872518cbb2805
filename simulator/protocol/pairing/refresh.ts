// While a QR code is shown WhatsApp may ask the device for a new secret (`companion_reg_refresh`): the device shows the same
// reference with the new secret.
import type { Network } from '../../state/network.ts'
import { element } from '../../wire/binary-node.ts'
import { SERVER_JID } from '../../wire/jid.ts'

/** The children that such a notification comes with. */
export const REFRESH_CHILDREN = ['companion_reg_refresh', 'pair-device-rotate-qr'] as const

/** Asks every device that is being linked. */
export const refreshQrCodes = (
  network: Network,
  childTag: (typeof REFRESH_CHILDREN)[number] = 'companion_reg_refresh'
): void => {
  for (const session of network.sessions.values()) {
    if (!session.unlinked) continue
    network.reply(
      session,
      element(
        'notification',
        { from: SERVER_JID, type: 'companion_reg_refresh', id: network.nextId(), t: network.clock.seconds() },
        [element(childTag)]
      )
    )
  }
}
