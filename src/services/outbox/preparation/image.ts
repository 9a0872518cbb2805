// Pictures: their size, a thumbnail, and stickers made from them. What is read was made by strangers: only four formats are
// read, and none of more pixels than a server can spare memory for.
import type { Sharp } from 'sharp'
import { type MediaExtras, type Prepared, STICKER } from './extras.ts'

/** A picture of more is sent without a thumbnail. One that cannot be decoded in strips (a progressive JPEG) takes up to 7 bytes a pixel. */
export const MOST_PIXELS = 50_000_000

const SECONDS_TO_DECODE = 10

/** Pixels of the longer side. */
const THUMBNAIL = { side: 100, quality: 60 }
const PREVIEW = { side: 192, quality: 60 }

/** WhatsApp's stickers are squares. */
const STICKER_SIDE = 512
/** Bytes: the largest that WhatsApp's own apps make. */
const LARGEST_STICKER = { still: 100 * 1024, animated: 500 * 1024 }
const STICKER_QUALITIES = [75, 50, 25]

/** A path, or the content. */
export type ImageSource = string | Uint8Array

const open = async (source: ImageSource, animated = false): Promise<Sharp> => {
  // Loaded when a picture is there: it takes half a second.
  const { default: sharp } = await import('sharp')
  // SVG, PDF and the like are programs rather than pictures.
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({
    operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif']
  })
  sharp.cache(false)
  sharp.concurrency(1)
  return sharp(source, { animated, limitInputPixels: MOST_PIXELS, sequentialRead: true, failOn: 'error' })
    .timeout({ seconds: SECONDS_TO_DECODE })
    .autoOrient()
}

/** The size as it is shown: cameras write pictures as the sensor has them, and how they are to be turned. */
const sizeOf = async (image: Sharp): Promise<Pick<MediaExtras, 'width' | 'height'>> => {
  const { autoOrient } = await image.metadata()
  return { width: autoOrient.width, height: autoOrient.height }
}

const thumbnailOf = async (image: Sharp, { quality, side }: typeof THUMBNAIL): Promise<string> => {
  const jpeg = await image
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .jpeg({ quality })
    .toBuffer()
  return jpeg.toString('base64')
}

/** Rejects when it is no picture that can be read. */
export const describeImage = async (
  source: ImageSource,
  purpose: 'image' | 'preview'
): Promise<MediaExtras> => {
  const image = await open(source)
  const size = await sizeOf(image)
  return { ...size, thumbnail: await thumbnailOf(image, purpose === 'image' ? THUMBNAIL : PREVIEW) }
}

const encodeSticker = async (source: ImageSource, animated: boolean, quality: number): Promise<Buffer> => {
  const image = await open(source, animated)
  return image
    .resize(STICKER_SIDE, STICKER_SIDE, { fit: 'contain', background: { r: 0, g: 0, b: 0, alpha: 0 } })
    .webp({ quality })
    .toBuffer()
}

/** A WebP is sent as it is; of another picture one is made, as small as WhatsApp's. Rejects when it is no picture that can be read. */
export const makeSticker = async (source: ImageSource): Promise<Prepared> => {
  const image = await open(source)
  const { format, pages = 1 } = await image.metadata()
  const isAnimated = pages > 1
  if (format === 'webp') return { extras: { ...(await sizeOf(image)), isAnimated }, mimeType: STICKER }
  const largest = isAnimated ? LARGEST_STICKER.animated : LARGEST_STICKER.still
  let file = new Uint8Array()
  for (const quality of STICKER_QUALITIES) {
    file = new Uint8Array(await encodeSticker(source, isAnimated, quality))
    if (file.length <= largest) break
  }
  return { extras: { width: STICKER_SIDE, height: STICKER_SIDE, isAnimated }, mimeType: STICKER, file }
}
