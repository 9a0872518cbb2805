// Sound as samples, from the codecs that can be decoded here: PCM (WAV) and MP3.
import { AudioSampleSink, EncodedPacketSink, type InputAudioTrack } from 'mediabunny'

export interface Sound {
  /** Hertz. */
  readonly rate: number
  /** One channel, from -1 to 1. */
  readonly samples: Float32Array
}

const mixed = (channels: ReadonlyArray<Float32Array>): Float32Array => {
  const [first = new Float32Array(), ...others] = channels
  return others.length === 0
    ? first
    : first.map((sample, at) => {
        const sum = others.reduce((total, channel) => total + (channel[at] ?? 0), sample)
        return sum / channels.length
      })
}

async function* decodedPcm(track: InputAudioTrack): AsyncGenerator<Sound> {
  for await (const sample of new AudioSampleSink(track).samples()) {
    try {
      const channels = Array.from({ length: sample.numberOfChannels }, (_, planeIndex) => {
        const plane = new Float32Array(sample.numberOfFrames)
        sample.copyTo(plane, { planeIndex, format: 'f32-planar' })
        return plane
      })
      yield { rate: sample.sampleRate, samples: mixed(channels) }
    } finally {
      sample.close()
    }
  }
}

async function* decodedMp3(track: InputAudioTrack): AsyncGenerator<Sound> {
  const { MPEGDecoder } = await import('mpg123-decoder')
  const decoder = new MPEGDecoder()
  await decoder.ready
  try {
    for await (const { data } of new EncodedPacketSink(track).packets()) {
      const { channelData, sampleRate, samplesDecoded } = decoder.decodeFrame(data)
      if (samplesDecoded > 0) yield { rate: sampleRate, samples: mixed(channelData) }
    }
  } finally {
    decoder.free()
  }
}

/** The sound of a track, piece by piece; `undefined` when its codec cannot be decoded here. */
export const decoded = async (track: InputAudioTrack): Promise<AsyncIterable<Sound> | undefined> => {
  const codec = await track.getCodec()
  if (codec === 'mp3') return decodedMp3(track)
  return codec?.startsWith('pcm-') ? decodedPcm(track) : undefined
}
