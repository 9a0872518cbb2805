// Calls, as a linked device sees them without taking part: they ring, and are answered, declined or missed.
import { randomBytes } from 'node:crypto'
import type { Account } from '../state/account.ts'
import type { Network } from '../state/network.ts'
import { type BinaryNode, element } from '../wire/binary-node.ts'

/** `answered` and `declined` happen on the phone: the linked devices are notified. */
export type CallOutcome = 'missed' | 'answered' | 'declined'

export const ring = (
  network: Network,
  reader: Account,
  caller: Account,
  options: { video?: boolean | undefined; outcome?: CallOutcome | undefined } = {}
): string => {
  const { video = false, outcome = 'missed' } = options
  const callId = randomBytes(16).toString('hex').toUpperCase()
  const { addressing } = caller
  const from = caller.address(addressing)
  const own = reader.address(addressing)
  const about = { 'call-id': callId, 'call-creator': from, caller_pn: caller.jid }
  const timestamp = network.clock.seconds()
  const offer = element('offer', about, [
    element('audio', { enc: 'opus', rate: '16000' }),
    ...(video ? [element('video')] : [])
  ])
  const steps: Record<CallOutcome, readonly (readonly [string, BinaryNode])[]> = {
    missed: [[from, element('terminate', { ...about, reason: 'timeout' })]],
    answered: [
      [own, element('accept', about, [element('audio', { enc: 'opus', rate: '16000' })])],
      [from, element('terminate', { ...about, reason: 'accepted_elsewhere' })]
    ],
    declined: [[own, element('reject', { ...about, count: '0' })]]
  }
  for (const { queue } of reader.companions.values()) {
    for (const [who, content] of [[from, offer] as const, ...steps[outcome]]) {
      queue.add(
        'call',
        element(
          'call',
          {
            from: who,
            id: network.nextId(),
            t: timestamp,
            notify: who === from ? caller.pushName : undefined
          },
          [content]
        )
      )
    }
  }
  network.ledger.event(reader, {
    type: 'call',
    id: callId,
    chatJid: caller.jid,
    by: caller.jid,
    timestamp,
    value: outcome
  })
  return callId
}
