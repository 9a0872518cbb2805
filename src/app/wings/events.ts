// What happened, for those who follow it. The log itself belongs to the stores that write it.
import { EventTail } from '../../services/events/tail.ts'

export const layer = EventTail.layer
