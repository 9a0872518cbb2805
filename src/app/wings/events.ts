// What happens, for those who follow it: the end of the log, what is told without being kept, and what accounts have on offer.
import { Layer } from 'effect'
import type { Config } from '../../config.ts'
import { Linking } from '../../services/events/linking.ts'
import { LiveEvents } from '../../services/events/live-events.ts'
import { EventTail } from '../../services/events/tail.ts'
import * as Upkeep from '../../services/events/upkeep.ts'

export const layer = Layer.mergeAll(EventTail.layer, Linking.layer, LiveEvents.layer)

export const upkeep = ({ EVENTS_KEEP }: Pick<Config, 'EVENTS_KEEP'>) => Upkeep.layer(EVENTS_KEEP)
