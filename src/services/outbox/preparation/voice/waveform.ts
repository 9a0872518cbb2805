// The waveform that phones draw of a voice message: how loud it is from its begin to its end.
import { createDecoder } from 'libopus-wasm'
import { EncodedPacketSink, type InputAudioTrack } from 'mediabunny'

const BARS = 64
/** Packets that are decoded of each bar, 4 seconds as a rule: a recording of hours must not take minutes. */
const DECODED_PER_BAR = 200
const LOUDEST = 100
/** Hertz. Enough to tell how loud it is. */
const SAMPLE_RATE = 16_000

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
const scaled = (loudness: ReadonlyArray<number>): Uint8Array => {
  const loudest = Math.max(...loudness)
  return Uint8Array.from(loudness, bar => (loudest === 0 ? 0 : Math.round((bar / loudest) * LOUDEST)))
}

/** 64 bytes from 0 to 100 of a track whose codec is Opus. */
export const waveformOf = async (track: InputAudioTrack): Promise<Uint8Array> =>
  scaled(await loudnessOf(track))
