// One download per file: a second caller that needs the file waits for the running download.
import { Deferred, Effect, type Scope } from 'effect'
import { type DownloadError, type MediaSource, partialNameOf } from './download.ts'
import type { HeldFile } from './files.ts'

type Download = (source: MediaSource) => Effect.Effect<HeldFile, DownloadError>

/** Downloads run in the scope: they continue when nobody waits for them any more. */
export const makeSharedDownloads = (download: Download, scope: Scope.Scope): Download => {
  const running = new Map<string, Deferred.Deferred<HeldFile, DownloadError>>()

  const start = (name: string, source: MediaSource) => {
    const result = Deferred.makeUnsafe<HeldFile, DownloadError>()
    running.set(name, result)
    const work = Effect.onExit(download(source), exit =>
      Effect.sync(() => {
        running.delete(name)
        Deferred.doneUnsafe(result, exit)
      })
    )
    return Effect.andThen(Effect.forkIn(work, scope), Deferred.await(result))
  }

  return source =>
    Effect.suspend(() => {
      const name = partialNameOf(source)
      const result = running.get(name)
      return result === undefined ? start(name, source) : Deferred.await(result)
    })
}
