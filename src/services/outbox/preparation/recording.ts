// Audio and video: how long, and how large.
import { ALL_FORMATS, FilePathSource, Input, type Source } from 'mediabunny'
import type { MediaExtras } from './extras.ts'

/** An error while the file is read ahead: the read that needs those bytes rejects with it. */
const failsAnyway = () => undefined

export const recordingAt = (path: string): Source =>
  new FilePathSource(path, { handleUnhandledError: failsAnyway })

/** Opens a recording for as long as the work takes. */
export const withRecording = async <A>(source: Source, work: (input: Input) => Promise<A>): Promise<A> => {
  const input = new Input({ formats: ALL_FORMATS, source })
  try {
    return await work(input)
  } finally {
    input.dispose()
  }
}

/** Whole seconds, as phones tell them; what is shorter than one is one. */
export const wholeSeconds = (seconds: number): Pick<MediaExtras, 'seconds'> =>
  Number.isFinite(seconds) && seconds > 0 ? { seconds: Math.max(1, Math.floor(seconds)) } : {}

/** What the file says of itself, otherwise what its packets add up to. */
const durationOf = async (input: Input): Promise<number> =>
  (await input.getDurationFromMetadata()) ?? (await input.computeDuration())

/** Rejects when it is no recording that can be read. */
export const describeVideo = (path: string): Promise<MediaExtras> =>
  withRecording(recordingAt(path), async input => {
    const track = await input.getPrimaryVideoTrack()
    if (track === null) throw new Error('it has no picture')
    return {
      ...wholeSeconds(await durationOf(input)),
      width: Math.round(await track.getDisplayWidth()),
      height: Math.round(await track.getDisplayHeight())
    }
  })

/** Rejects when it is no recording that can be read. */
export const describeAudio = (path: string): Promise<MediaExtras> =>
  withRecording(recordingAt(path), async input => wholeSeconds(await durationOf(input)))
