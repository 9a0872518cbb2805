// Notifications to linked devices: each device gets its own stanza, queued until it is acknowledged.
import type { Companion } from '../state/account.ts'
import type { Network } from '../state/network.ts'
import { type BinaryNode, element } from '../wire/binary-node.ts'

interface NotificationAttributes extends Readonly<Record<string, string | number | undefined>> {
  readonly from: string
  readonly type: string
}

/** Queues the notification for each device but `except`, which caused it. */
export const notify = (
  network: Network,
  devices: Iterable<Companion>,
  attributes: NotificationAttributes,
  content: BinaryNode[],
  except?: Companion
): void => {
  for (const device of devices) {
    if (device === except) continue
    device.queue.add(
      'notification',
      element('notification', { id: network.nextId(), t: network.clock.seconds(), ...attributes }, content)
    )
  }
}
