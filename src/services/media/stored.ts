// Files that are here: found by what a message says of its file, and written down in the message.
import { Effect, type Semaphore } from 'effect'
import type { Message } from '../../domain/message.ts'
import { MediaUnavailable } from '../whatsapp/media/errors.ts'
import { contentHashOf, encodedHash, type MediaSource } from './download.ts'
import type { HeldFile, MediaFiles } from './files.ts'
import { NoMedia } from './outcomes.ts'
import type { Records } from './records.ts'
import type { Removal } from './removal.ts'
import type { Waiters } from './waiters.ts'

/** The file of a message if it is held already, perhaps for another message. */
export const heldFile = Effect.fnUntraced(function* (files: MediaFiles['Service'], source: MediaSource) {
  const file = contentHashOf(source)
  const size = file === undefined ? undefined : yield* files.size(file)
  return file === undefined || size === undefined ? undefined : { file, size }
})

interface Storing {
  readonly files: MediaFiles['Service']
  readonly records: Records
  readonly removal: Removal
  readonly waiters: Waiters
  /** Held while a file is found and then referred to, so that it is not removed in between. */
  readonly fileLock: Semaphore.Semaphore
}

/** Records that the message's file is held. */
export const makeRecordStored = ({ fileLock, files, records, removal, waiters }: Storing) => {
  const refer = Effect.fnUntraced(function* (message: Message, held: HeldFile) {
    if ((yield* files.size(held.file)) === undefined) {
      return yield* new MediaUnavailable({ reason: 'it was removed meanwhile' })
    }
    const fileSha256 = encodedHash(held.file)
    const hasFile = yield* records.recordState(message, { state: 'stored', reason: null, fileSha256 }, 'done')
    // The message was deleted while its file was being downloaded.
    if (!hasFile) yield* removal.removeUnreferenced(fileSha256)
    return hasFile
  })
  return Effect.fnUntraced(function* (message: Message, held: HeldFile) {
    const hasFile = yield* fileLock.withPermit(refer(message, held))
    yield* hasFile ? waiters.succeed(message, held) : waiters.fail(message, new NoMedia({}))
  })
}

export type RecordStored = ReturnType<typeof makeRecordStored>
