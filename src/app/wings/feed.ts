// Events with what they are about, for those who follow them.
import { EventData } from '../../services/feed/event-data.ts'

export const layer = EventData.layer
