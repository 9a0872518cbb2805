// What an opened add-on says is a protobuf of WhatsApp's: it is read by the wing that knows those.
import { Context } from 'effect'
import type { Fact } from '../../domain/fact.ts'
import type { SealedAddOn } from '../../domain/sealed-add-on.ts'

export class AddOnReader extends Context.Service<
  AddOnReader,
  {
    /** The facts in an add-on; `undefined` when this server does not understand it. */
    readonly read: (addOn: SealedAddOn, plaintext: Uint8Array) => ReadonlyArray<Fact> | undefined
  }
>()('backscroll/services/conversations/AddOnReader') {}
