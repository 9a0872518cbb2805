// Fetches the start of a page, or a picture, from where files to send may be fetched; no more than there is use for.
import { download } from '../../attachment-download.ts'

export interface Fetched {
  readonly content: Uint8Array
  readonly contentType: string
  /** Where it was found, after redirects. */
  readonly url: string
}

interface FetchOptions {
  readonly allowPrivateAddresses: boolean
  readonly signal: AbortSignal
  /** What the content type begins with. */
  readonly expected: RegExp
  /** Bytes. The rest is not read. */
  readonly most: number
}

/** Rejects when it is not there or something else. */
export const fetchStart = async (
  from: string,
  { allowPrivateAddresses, expected, most, signal }: FetchOptions
): Promise<Fetched> => {
  const { response, url } = await download(from, allowPrivateAddresses, signal)
  const contentType = response.headers['content-type'] ?? ''
  const parts: Array<Buffer> = []
  let size = 0
  try {
    if (!expected.test(contentType)) throw new Error('the page is of another type')
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part)
      size += part.length
      if (size >= most) break
    }
  } finally {
    response.destroy()
  }
  return { content: Buffer.concat(parts).subarray(0, most), contentType, url }
}
