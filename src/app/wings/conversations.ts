// What is stored and by whom: conversations, journal, vault, incidents.
import { Layer } from 'effect'
import type { Config } from '../../config.ts'
import { Conversations } from '../../services/conversations/apply.ts'
import { Identity } from '../../services/conversations/identity.ts'
import * as ConversationStores from '../../services/conversations/layer.ts'
import { EventTail } from '../../services/events/tail.ts'
import { Incidents } from '../../services/incidents/incidents.ts'
import { LiveTraffic } from '../../services/journal/traffic.ts'
import { Journal } from '../../services/journal/journal.ts'
import { Gauges } from '../../services/telemetry/metrics.ts'
import * as Seal from '../../services/vault/seal.ts'
import { Vault } from '../../services/vault/vault.ts'

/** On a database. */
export const layer = (config: Config) =>
  Conversations.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(EventTail.layer, Identity.layer, Journal.layer)),
    Layer.provideMerge(LiveTraffic.layer),
    Layer.provideMerge(Layer.mergeAll(ConversationStores.layer, Incidents.layer, Vault.layer, Gauges.layer)),
    Layer.provideMerge(Seal.layer({ key: config.VAULT_KEY, folder: config.DATA_DIR }))
  )
