// Opus in Ogg, the only form of voice messages that every phone plays: packets that are there already, or sound that is
// encoded.
import { Application, createEncoder } from 'libopus-wasm'
import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedPacketSink,
  type InputAudioTrack,
  OggOutputFormat,
  Output
} from 'mediabunny'
import type { Sound } from './decode.ts'
import { resampler } from './resample.ts'

/** Hertz: the one that Opus counts in. */
const RATE = 48_000
/** Samples: 20 ms. */
const FRAME = 960
/** Samples of silence at the end: more than the encoder and the resampler look ahead. */
const TAIL = 480
/** Bits a second: what phones use for speech, and a little more. */
const BITRATE = 32_000
/** Half of what Opus can do, as on phones: twice as fast, and nobody hears it in speech. */
const COMPLEXITY = 5

interface OpusPacket {
  readonly data: Uint8Array
  /** Seconds. */
  readonly at: number
  readonly duration: number
}

interface OpusTrack {
  readonly channels: number
  /** RFC 7845, 5.1. */
  readonly head: Uint8Array
  readonly packets: AsyncIterable<OpusPacket>
}

const write = async ({ channels, head, packets }: OpusTrack): Promise<Uint8Array> => {
  const target = new BufferTarget()
  const output = new Output({ format: new OggOutputFormat(), target })
  const track = new EncodedAudioPacketSource('opus')
  output.addAudioTrack(track)
  const decoderConfig = { codec: 'opus', numberOfChannels: channels, sampleRate: RATE, description: head }
  await output.start()
  for await (const { at, data, duration } of packets) {
    await track.add(new EncodedPacket(data, 'key', at, duration), { decoderConfig })
  }
  await output.finalize()
  if (target.buffer === null) throw new Error('nothing was written')
  return new Uint8Array(target.buffer)
}

/** `preSkip` are the samples that the encoder needs to begin. */
const headOf = (preSkip: number): Uint8Array => {
  const head = Buffer.alloc(19)
  head.write('OpusHead', 'latin1')
  head.set([1, 1], 8)
  head.writeUInt16LE(preSkip, 10)
  head.writeUInt32LE(RATE, 12)
  return head
}

async function* packetsOf(track: InputAudioTrack): AsyncGenerator<OpusPacket> {
  for await (const { data, duration, timestamp } of new EncodedPacketSink(track).packets()) {
    yield { data, at: Math.max(0, timestamp), duration }
  }
}

/** The packets of a track whose codec is Opus, in Ogg. */
export const oggOf = async (track: InputAudioTrack): Promise<Uint8Array> => {
  const { description } = (await track.getDecoderConfig()) ?? {}
  const head =
    description === undefined
      ? headOf(0)
      : ArrayBuffer.isView(description)
        ? new Uint8Array(description.buffer, description.byteOffset, description.byteLength)
        : new Uint8Array(description)
  return write({ channels: await track.getNumberOfChannels(), head, packets: packetsOf(track) })
}

/** Sound at Opus' rate, in frames; the last one is filled with silence. */
async function* framesOf(sound: AsyncIterable<Sound>): AsyncGenerator<Float32Array> {
  let resample: ((samples: Float32Array) => Float32Array) | undefined
  let held = new Float32Array()
  const add = (samples: Float32Array): void => {
    const joined = new Float32Array(held.length + samples.length)
    joined.set(held)
    joined.set(samples, held.length)
    held = joined
  }
  for await (const { rate, samples } of sound) {
    resample ??= resampler(rate, RATE)
    add(resample(samples))
    let from = 0
    for (; from + FRAME <= held.length; from += FRAME) yield held.subarray(from, from + FRAME)
    held = held.slice(from)
  }
  // What the filters still hold comes out.
  if (resample !== undefined) add(resample(new Float32Array(TAIL)))
  for (let from = 0; from < held.length; from += FRAME) {
    const last = new Float32Array(FRAME)
    last.set(held.subarray(from, from + FRAME))
    yield last
  }
}

/** Sound as Opus in Ogg. */
export const encoded = async (sound: AsyncIterable<Sound>): Promise<Uint8Array> => {
  const encoder = await createEncoder({
    sampleRate: RATE,
    channels: 1,
    bitrate: BITRATE,
    application: Application.Voip,
    complexity: COMPLEXITY
  })
  async function* packets(): AsyncGenerator<OpusPacket> {
    let index = 0
    for await (const frame of framesOf(sound)) {
      yield { data: encoder.encodeFloat(frame), at: (index * FRAME) / RATE, duration: FRAME / RATE }
      index += 1
    }
  }
  try {
    return await write({ channels: 1, head: headOf(encoder.getLookahead()), packets: packets() })
  } finally {
    encoder.free()
  }
}
