// What is kept for how long.
import type { Config } from '../../config.ts'
import { Retention } from '../../services/retention/retention.ts'
import * as Upkeep from '../../services/retention/upkeep.ts'

const orForGood = (keep: number | ''): number | undefined => (keep === '' ? undefined : keep)

export const layer = ({ AUDIT_KEEP, EVENTS_KEEP, INCIDENTS_KEEP, MEDIA_KEEP, MESSAGES_KEEP }: Config) =>
  Retention.layer({
    messages: orForGood(MESSAGES_KEEP),
    media: orForGood(MEDIA_KEEP),
    events: EVENTS_KEEP,
    incidents: orForGood(INCIDENTS_KEEP),
    audit: AUDIT_KEEP
  })

export const upkeep = Upkeep.layer
