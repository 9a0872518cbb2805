// Small real files as applications send them, made with the encoders that read them.
import { createEncoder } from 'libopus-wasm'
import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  OggOutputFormat,
  Output,
  WebMOutputFormat
} from 'mediabunny'
import sharp from 'sharp'

interface PictureOptions {
  readonly width: number
  readonly height: number
  readonly format: 'jpeg' | 'png' | 'webp' | 'gif'
  /** EXIF: how it is to be turned. */
  readonly orientation?: number
}

/** The left half is red, the right half transparent, or black where there is no transparency. */
export const picture = ({ format, height, orientation, width }: PictureOptions): Promise<Buffer> => {
  const red = { r: 255, g: 0, b: 0, alpha: 1 }
  const left = { create: { width: width >> 1, height, channels: 4 as const, background: red } }
  const whole = sharp({
    create: { width, height, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } }
  }).composite([{ input: left, left: 0, top: 0 }])
  return (orientation === undefined ? whole : whole.withMetadata({ orientation })).toFormat(format).toBuffer()
}

/** A picture of three frames, below each other as sharp takes them. */
export const animation = (format: 'webp' | 'gif', side = 64): Promise<Buffer> => {
  const frames = ['red', 'green', 'blue'].map((background, at) => ({
    input: { create: { width: side, height: side, channels: 4 as const, background } },
    left: 0,
    top: at * side
  }))
  const blank = { width: side, height: side * 3, channels: 4 as const, background: 'black' }
  return sharp({ create: { ...blank, pageHeight: side } })
    .composite(frames)
    .toFormat(format)
    .toBuffer()
}

const RATE = 48_000
const FRAME = 960

/** Silence for the first half, a tone that grows for the second: packets of 20 ms. */
export const spoken = (seconds: number): ReadonlyArray<Int16Array> =>
  Array.from({ length: seconds * 50 }, (_, frame) => {
    const progress = frame / (seconds * 50)
    const loudness = progress < 0.5 ? 0 : 30_000 * (progress - 0.5) * 2
    return Int16Array.from({ length: FRAME }, (__, at) => loudness * Math.sin((frame * FRAME + at) / 20))
  })

const opusHead = (): Buffer => {
  const head = Buffer.alloc(19)
  head.write('OpusHead')
  head.set([1, 1], 8)
  head.writeUInt16LE(312, 10)
  head.writeUInt32LE(RATE, 12)
  return head
}

const written = async (target: BufferTarget, output: Output, write: () => Promise<void>): Promise<Buffer> => {
  await output.start()
  await write()
  await output.finalize()
  return Buffer.from(target.buffer!)
}

/** A voice message in Ogg as phones record it, or in WebM as browsers do. */
export const voice = async (seconds: number, container: 'ogg' | 'webm' = 'ogg'): Promise<Buffer> => {
  const target = new BufferTarget()
  const format = container === 'ogg' ? new OggOutputFormat() : new WebMOutputFormat()
  const output = new Output({ format, target })
  const track = new EncodedAudioPacketSource('opus')
  output.addAudioTrack(track)
  const decoderConfig = { codec: 'opus', numberOfChannels: 1, sampleRate: RATE, description: opusHead() }
  const encoder = await createEncoder({ sampleRate: RATE, channels: 1, bitrate: 24_000 })
  return written(target, output, async () => {
    for (const [at, frame] of spoken(seconds).entries()) {
      await track.add(new EncodedPacket(encoder.encode(frame), 'key', at / 50, 1 / 50), { decoderConfig })
    }
    encoder.free()
  })
}

/** A video whose pictures no decoder reads: it says how large and how long it is. */
export const video = async (seconds: number, width: number, height: number): Promise<Buffer> => {
  const target = new BufferTarget()
  const output = new Output({ format: new Mp4OutputFormat(), target })
  const track = new EncodedVideoPacketSource('vp9')
  output.addVideoTrack(track)
  const decoderConfig = { codec: 'vp09.00.10.08', codedWidth: width, codedHeight: height }
  return written(target, output, async () => {
    for (let at = 0; at < seconds * 10; at += 1) {
      const type = at === 0 ? 'key' : 'delta'
      await track.add(new EncodedPacket(new Uint8Array([at, 1, 2, 3]), type, at / 10, 1 / 10), {
        decoderConfig
      })
    }
  })
}

/** Sound as it is, in WAV. */
export const wav = (seconds: number): Buffer => {
  const samples = Buffer.concat(spoken(seconds).map(frame => Buffer.from(frame.buffer)))
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(RATE, 24)
  head.writeUInt32LE(RATE * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}
