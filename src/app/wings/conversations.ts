// From facts to documents, and the stores that keep them.
import { Layer } from 'effect'
import { Conversations } from '../../services/conversations/apply.ts'
import { ErasedPeople } from '../../services/conversations/erased-people.ts'
import { Identity } from '../../services/conversations/identity.ts'
import * as Stores from '../../services/conversations/layer.ts'
import * as AddOns from '../../services/whatsapp/add-ons.ts'
import * as Erasure from '../../services/conversations/erasure.ts'
import * as Upkeep from '../../services/conversations/upkeep.ts'

export const layer = Conversations.layer.pipe(
  Layer.provide(AddOns.layer),
  Layer.provideMerge(Layer.merge(Identity.layer, ErasedPeople.layer)),
  Layer.provideMerge(Stores.layer)
)

export const upkeep = Layer.merge(Upkeep.layer, Erasure.layer)
