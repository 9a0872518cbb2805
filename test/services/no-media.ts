// No file is here, for tests of what removes messages.
import { Effect, Layer } from 'effect'
import { Media } from '../../src/services/media/media.ts'

const IDLE = {
  runOnce: () => Effect.succeed('idle' as const),
  wake: () => Effect.void,
  loop: () => Effect.never
}

export const NO_MEDIA = Layer.mock(Media, {
  policy: 'none',
  downloads: IDLE,
  requests: IDLE,
  removeOrphans: Effect.void
})
