// Audio and video: how long, how large, and how loud a voice message is over time.
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input, type InputAudioTrack } from 'mediabunny'
import { createDecoder } from 'libopus-wasm'
import type { MediaExtras } from './extras.ts'

const BARS = 64
/** Packets that are decoded of each bar, 4 seconds as a rule: a recording of hours must not take minutes. */
const DECODED_PER_BAR = 200
const LOUDEST = 100
/** Hertz. Enough to tell how loud it is. */
const SAMPLE_RATE = 16_000

/** An error while the file is read ahead: the read that needs those bytes rejects with it. */
const failsAnyway = () => undefined

/** Opens a file for as long as the work takes. */
export const withRecording = async <A>(path: string, work: (input: Input) => Promise<A>): Promise<A> => {
  const input = new Input({
    formats: ALL_FORMATS,
    source: new FilePathSource(path, { handleUnhandledError: failsAnyway })
  })
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
  withRecording(path, async input => {
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
  withRecording(path, async input => wholeSeconds(await durationOf(input)))

/** The root mean square of each bar, 0 to 1. */
const loudnessOf = async (track: InputAudioTrack): Promise<ReadonlyArray<number>> => {
  const sink = new EncodedPacketSink(track)
  const { packetCount } = await track.computePacketStats()
  const bars = Array.from({ length: BARS }, () => ({ packets: 0, samples: 0, squares: 0 }))
  const decoder = await createDecoder({ sampleRate: SAMPLE_RATE, channels: 1 })
  try {
    let index = 0
    for await (const { data } of sink.packets()) {
      const bar = bars[Math.floor((index * BARS) / packetCount)]
      index += 1
      if (bar === undefined || bar.packets >= DECODED_PER_BAR) continue
      const samples = decoder.decodeFloat(data)
      bar.packets += 1
      bar.samples += samples.length
      for (const sample of samples) bar.squares += sample * sample
    }
  } finally {
    decoder.free()
  }
  // A recording of fewer packets than bars leaves some without one: they are as loud as the bar before.
  let before = 0
  return bars.map(({ samples, squares }) => {
    if (samples > 0) before = Math.sqrt(squares / samples)
    return before
  })
}

/** The loudest bar reaches the top, however quietly somebody spoke. */
const waveformOf = (loudness: ReadonlyArray<number>): Uint8Array => {
  const loudest = Math.max(...loudness)
  return Uint8Array.from(loudness, bar => (loudest === 0 ? 0 : Math.round((bar / loudest) * LOUDEST)))
}

/** As audio, and with the waveform if its codec is Opus. Rejects when it is no recording that can be read. */
export const describeVoice = (path: string): Promise<MediaExtras> =>
  withRecording(path, async input => {
    const duration = wholeSeconds(await input.computeDuration())
    const track = await input.getPrimaryAudioTrack()
    if (track === null || (await track.getCodec()) !== 'opus') return duration
    const waveform = waveformOf(await loudnessOf(track))
    return { ...duration, waveform: Buffer.from(waveform).toString('base64') }
  })
