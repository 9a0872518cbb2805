// What happens, for those who follow it: the end of the log, what is told without being kept, and what accounts have on offer.
import { Layer } from 'effect'
import { Linking } from '../../services/events/linking.ts'
import { LiveEvents } from '../../services/events/live-events.ts'
import { EventTail } from '../../services/events/tail.ts'

export const layer = Layer.mergeAll(EventTail.layer, Linking.layer, LiveEvents.layer)
