// The steps of linking and of a login at which a connection is dropped, by what the server sends there.
import type { Phone } from '../../simulator/phone.ts'
import { pick, type Random } from './random.ts'

/** In the order in which the server sends them. */
export const LINKING_STEPS = {
  signature: 'iq result pair-device-sign',
  preKeyCount: 'iq encrypt count',
  preKeyUpload: 'iq encrypt registration',
  activation: 'iq passive active',
  preKeyDigest: 'iq encrypt digest',
  announcement: 'receipt peer_msg',
  properties: 'iq abt props',
  blocklist: 'iq blocklist',
  groups: 'iq w:g2 participating',
  history: 'receipt hist_sync',
  appState: 'iq w:sync:app:state sync'
} as const
type LinkingStep = keyof typeof LINKING_STEPS

// The keys of an object that was just written.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const STEPS = Object.keys(LINKING_STEPS) as ReadonlyArray<LinkingStep>
/** Those of them that come again at every login. */
const LOGIN_STEPS = STEPS.filter(
  step => !['signature', 'preKeyUpload', 'announcement', 'groups', 'history'].includes(step)
)

/** What a client sent when its connection was dropped, as a step. */
export const stepOf = (sent: unknown): string =>
  STEPS.find(step => LINKING_STEPS[step] === sent) ?? String(sent)

/** The connection drops at a step; whether WhatsApp still gets what is sent there is left to chance. */
const dropAt = (phone: Phone, random: Random, step: LinkingStep): void => {
  const handled = random() < 0.5
  phone.fault({ kind: 'dropOnReceived', count: 1, handled, sent: LINKING_STEPS[step] }, { times: 1 })
}

/** Drops the connections of a phone that is about to be linked at two steps. */
export const dropWhileLinking = (phone: Phone, random: Random): void => {
  for (let n = 0; n < 2; n += 1) dropAt(phone, random, pick(random, STEPS))
}

/** Drops a connection of a linked phone at its next login. */
export const dropAtLogin = (phone: Phone, random: Random): void =>
  dropAt(phone, random, pick(random, LOGIN_STEPS))
