// The media host: uploads and downloads over HTTP on the same port as the WebSocket.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FaultOf } from '../../state/faults.ts'
import type { Network } from '../../state/network.ts'

const UPLOAD_LIMIT = 128 * 1024 * 1024

export const serveMedia = (network: Network, request: IncomingMessage, response: ServerResponse): void => {
  const { pathname } = new URL(request.url ?? '/', 'http://media')
  if (request.method === 'POST' || request.method === 'PUT') {
    upload(network, request, response)
    return
  }
  const file = network.media.serve(pathname)
  if (!file || file === 'expired' || (request.method !== 'GET' && request.method !== 'HEAD')) {
    response.writeHead(file === 'expired' ? 410 : 404, { 'content-type': 'text/plain' }).end('not found')
    return
  }
  const fault = network.faults.take('media', {}, ({ path }) => path === undefined || path === pathname)
  network.signals.emit('download', { path: pathname, range: request.headers.range, fault: fault?.effect })
  if (fault?.effect === 'unavailable') {
    response.writeHead(503).end()
    return
  }
  serveRange(request, response, fault?.effect === 'corrupt' ? damaged(file) : file, fault)
}

const damaged = (file: Buffer): Buffer => {
  const other = Buffer.from(file)
  other.fill(0x2a, 0, Math.min(64, other.length))
  return other
}

/** Media players and some clients ask for parts of a file. */
const serveRange = (
  request: IncomingMessage,
  response: ServerResponse,
  file: Buffer,
  fault: FaultOf<'media'> | undefined
): void => {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const from = range ? Number(range[1]) : 0
  const to = range?.[2] ? Math.min(Number(range[2]), file.length - 1) : file.length - 1
  if (range && (from >= file.length || from > to)) {
    response.writeHead(416, { 'content-range': `bytes */${file.length}` }).end()
    return
  }
  const part = file.subarray(from, to + 1)
  response.writeHead(range ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'content-length': part.length,
    'accept-ranges': 'bytes',
    ...(range ? { 'content-range': `bytes ${from}-${to}/${file.length}` } : {})
  })
  if (fault?.effect === 'cut' || fault?.effect === 'stall') {
    response.write(part.subarray(0, fault.afterBytes ?? part.length >> 1), () => {
      if (fault.effect === 'cut') response.destroy()
    })
    return
  }
  response.end(request.method === 'HEAD' ? undefined : part)
}

const upload = (network: Network, request: IncomingMessage, response: ServerResponse): void => {
  const parts: Buffer[] = []
  let size = 0
  request.on('data', (part: Buffer) => {
    size += part.length
    if (size > UPLOAD_LIMIT) {
      response.writeHead(413).end()
      request.destroy()
      return
    }
    parts.push(part)
  })
  request.on('end', () => {
    if (size > UPLOAD_LIMIT) return
    const path = `/v/t62.up/${randomBytes(16).toString('hex')}.enc`
    network.media.upload(path, Buffer.concat(parts))
    network.signals.emit('uploaded', { path, bytes: size })
    const answer = { url: `https://${network.mediaHost}${path}`, direct_path: path, handle: path }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  request.on('error', () => response.destroy())
}
