// Our own download of history chunks instead of Baileys': no event buffer, no message mutex held, bounded memory.

/** What is announced cannot be had, for now or for ever; the message says what is wrong. */
export class ChunkError extends Error {
  readonly lasts: 'for now' | 'for ever'

  constructor(lasts: 'for now' | 'for ever', message: string) {
    super(message)
    this.lasts = lasts
  }
}

/** Bytes. A chunk of a phone is a few megabytes; this only stops what cannot be one. */
const LARGEST = 256 * 1024 * 1024
const TIMEOUT_MS = 120_000

const received = async (url: URL, signal: AbortSignal): Promise<Uint8Array> => {
  const response = await fetch(url, {
    signal,
    redirect: 'error',
    headers: { Origin: 'https://web.whatsapp.com' }
  })
  if (response.status === 404 || response.status === 410) {
    throw new ChunkError('for ever', `the media server no longer has it (${response.status})`)
  }
  if (!response.ok || response.body === null) throw new Error(`the media server answered ${response.status}`)
  const parts: Array<Uint8Array> = []
  let size = 0
  for await (const part of response.body) {
    size += part.byteLength
    if (size > LARGEST) throw new Error('the media server sent more than a chunk can be')
    parts.push(part)
  }
  return Buffer.concat(parts, size)
}

/** The encrypted file; rejects with a `ChunkError`. */
export const downloadChunk = async (url: URL, aborted?: AbortSignal): Promise<Uint8Array> => {
  const late = AbortSignal.timeout(TIMEOUT_MS)
  try {
    return await received(url, aborted === undefined ? late : AbortSignal.any([late, aborted]))
  } catch (cause) {
    if (cause instanceof ChunkError) throw cause
    if (late.aborted) throw new ChunkError('for now', 'the media server did not answer in time')
    throw new ChunkError('for now', cause instanceof Error ? cause.message : 'the download failed')
  }
}
