// What was received and is not stored yet.
import { Layer } from 'effect'
import { Journal } from '../../services/journal/journal.ts'
import { LiveTraffic } from '../../services/journal/traffic.ts'

export const layer = Journal.layer.pipe(Layer.provideMerge(LiveTraffic.layer))
