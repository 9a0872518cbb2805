// The mark of forwarded messages: how often they were forwarded, as far as their context says it.
import type { proto } from '@whiskeysockets/baileys'
import type { Forwarded } from '../../../domain/message.ts'

/** From so many times on, phones say "Forwarded many times" and write the number below. */
const MANY_TIMES = 5
const MANY_TIMES_SCORE = 127

const scoreIn = ({ forwardingScore, isForwarded }: proto.IContextInfo): number =>
  forwardingScore ?? (isForwarded === true ? 1 : 0)

/** The mark of a message that was forwarded; `null` for one that was not. */
export const forwardedIn = (info: proto.IContextInfo | undefined): Forwarded | null => {
  if (info?.isForwarded !== true) return null
  const score = scoreIn(info)
  return { score, frequently: score >= MANY_TIMES }
}

/** Of a message once it is forwarded; `undefined` if it has no mark then: its writer is the one who sends it on. */
export const scoreAfter = (info: proto.IContextInfo, isOwn: boolean): number | undefined => {
  if (isOwn && info.isForwarded !== true) return undefined
  const score = scoreIn(info) + 1
  return score >= MANY_TIMES ? MANY_TIMES_SCORE : score
}
