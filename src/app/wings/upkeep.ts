// Hourly removal of what is not needed any more.
import { Layer } from 'effect'
import * as Conversations from '../../services/conversations/upkeep.ts'
import * as History from '../../services/history/backfill/upkeep.ts'
import * as Media from '../../services/media/upkeep.ts'

export const layer = Layer.mergeAll(Conversations.layer, Media.layer, History.layer)
