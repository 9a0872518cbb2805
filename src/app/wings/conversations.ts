// From facts to documents, and the stores that keep them.
import { Layer } from 'effect'
import { Conversations } from '../../services/conversations/apply.ts'
import { Identity } from '../../services/conversations/identity.ts'
import * as Stores from '../../services/conversations/layer.ts'
import * as AddOns from '../../services/whatsapp/add-ons.ts'
import * as Erasure from '../../services/conversations/erasure.ts'
import * as Upkeep from '../../services/conversations/upkeep.ts'

export const layer = Conversations.layer.pipe(
  Layer.provide(AddOns.layer),
  Layer.provideMerge(Identity.layer),
  Layer.provideMerge(Stores.layer)
)

export const upkeep = Layer.merge(Upkeep.layer, Erasure.layer)
