// Voice messages: Opus in Ogg, with their duration and waveform. Opus of another container is put into Ogg; MP3 and WAV are
// encoded; what cannot be decoded here is sent as it is.
import { BufferSource, type Input, type InputAudioTrack, OGG } from 'mediabunny'
import { type MediaExtras, type Prepared, VOICE } from '../extras.ts'
import { recordingAt, wholeSeconds, withRecording } from '../recording.ts'
import { decoded } from './decode.ts'
import { encoded, oggOf } from './ogg.ts'
import { waveformOf } from './waveform.ts'

const describe = async (input: Input, track: InputAudioTrack): Promise<MediaExtras> => {
  const duration = wholeSeconds(await input.computeDuration())
  // Packets that cannot be decoded do not make the duration wrong.
  const waveform = await waveformOf(track).catch(() => undefined)
  return waveform === undefined
    ? duration
    : { ...duration, waveform: Buffer.from(waveform).toString('base64') }
}

const trackOf = async (input: Input): Promise<InputAudioTrack> => {
  const track = await input.getPrimaryAudioTrack()
  if (track === null) throw new Error('it has no sound')
  return track
}

/** The same recording as Opus in Ogg; `undefined` when it cannot be decoded here. */
const converted = async (track: InputAudioTrack): Promise<Uint8Array | undefined> => {
  if ((await track.getCodec()) === 'opus') return oggOf(track)
  const sound = await decoded(track)
  return sound === undefined ? undefined : encoded(sound)
}

/** Rejects when it is no recording that can be read. */
export const prepareVoice = (path: string): Promise<Prepared> =>
  withRecording(recordingAt(path), async input => {
    const track = await trackOf(input)
    const isOgg = (await input.getFormat()) === OGG
    if (isOgg && (await track.getCodec()) === 'opus')
      return { extras: await describe(input, track), mimeType: VOICE }
    const file = await converted(track)
    if (file === undefined) return { extras: wholeSeconds(await input.computeDuration()) }
    const extras = await withRecording(new BufferSource(file), async made =>
      describe(made, await trackOf(made))
    )
    return { extras, mimeType: VOICE, file }
  })
