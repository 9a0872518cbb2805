// Names for what must not be named: hashes with a key that is derived from the vault's. Phone numbers are few enough to be guessed
// from hashes without one.
import { createHmac, createSecretKey } from 'node:crypto'
import { Context, Effect, Layer } from 'effect'
import { Seal } from './seal.ts'

export class Pseudonyms extends Context.Service<
  Pseudonyms,
  {
    /** The same for the same text, with the same vault key. */
    readonly of: (text: string) => string
    /** For a thread that has no vault. */
    readonly key: Uint8Array
  }
>()('backscroll/services/vault/Pseudonyms') {
  static readonly layer: Layer.Layer<Pseudonyms, never, Seal> = Layer.effect(
    Pseudonyms,
    Effect.map(Seal, seal => make(seal.derive('pseudonyms')))
  )

  static layerFrom(key: Uint8Array): Layer.Layer<Pseudonyms> {
    return Layer.sync(Pseudonyms, () => make(key))
  }
}

const make = (key: Uint8Array): Pseudonyms['Service'] => {
  const secret = createSecretKey(key)
  return Pseudonyms.of({
    key,
    of: text => createHmac('sha256', secret).update(text).digest('base64url')
  })
}
