// A Cloud Storage for one machine: what of Google's JSON API keeping files takes, and 501 for the rest.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface StoredObject {
  readonly content: Buffer
  readonly contentType: string
  timeCreated: string
}

/** The parts of a multipart/related body: metadata first, content second. */
const partsOf = (
  body: Buffer,
  boundary: string
): ReadonlyArray<{ readonly head: string; readonly content: Buffer }> => {
  const mark = Buffer.from(`--${boundary}`)
  const parts: Array<{ head: string; content: Buffer }> = []
  for (let at = body.indexOf(mark); at >= 0;) {
    const next = body.indexOf(mark, at + mark.length)
    if (next < 0) break
    const part = body.subarray(at + mark.length + 2, next - 2)
    const end = part.indexOf('\r\n\r\n')
    parts.push({ head: part.subarray(0, end).toString(), content: part.subarray(end + 4) })
    at = next
  }
  return parts
}

export class LocalStorage {
  readonly objects = new Map<string, StoredObject>()
  /** Requests that are answered with 503 before anything is done. */
  failures = 0
  /** Awaited before an upload is kept. */
  beforeUpload: () => Promise<void> = () => Promise.resolve()
  private readonly server: Server

  private constructor() {
    this.server = createServer((request, response) => {
      this.serve(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error))
      })
    })
  }

  static async start(): Promise<LocalStorage> {
    const started = new LocalStorage()
    started.server.listen(0, '127.0.0.1')
    await once(started.server, 'listening')
    return started
  }

  /** For `FIREBASE_STORAGE_EMULATOR_HOST`. */
  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  private resource(name: string, { content, contentType, timeCreated }: StoredObject) {
    return {
      name,
      bucket: 'local',
      size: String(content.length),
      contentType,
      timeCreated,
      md5Hash: createHash('md5').update(content).digest('base64')
    }
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Array<Buffer> = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const json = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const failed = (code: number, message: string) => json(code, { error: { code, message } })
    if (this.failures > 0) {
      this.failures -= 1
      return failed(503, 'The local server was told to fail')
    }
    const url = new URL(request.url ?? '', 'http://local')
    const query = url.searchParams
    const path = url.pathname.split('/').filter(Boolean).map(decodeURIComponent)
    const isUpload = path[0] === 'upload'
    const [name] = path.slice(path.indexOf('o') + 1)
    if (isUpload && query.get('uploadType') === 'multipart') {
      const boundary = /boundary=(.+)$/.exec(request.headers['content-type'] ?? '')?.[1] ?? ''
      const [, part] = partsOf(Buffer.concat(chunks), boundary)
      const given = query.get('name')
      if (part === undefined || given === null) return failed(400, 'A name, metadata and content are needed')
      const object = {
        content: Buffer.from(part.content),
        contentType: /content-type: (.+)/i.exec(part.head)?.[1] ?? '',
        timeCreated: new Date().toISOString()
      }
      await this.beforeUpload()
      this.objects.set(given, object)
      return json(200, this.resource(given, object))
    }
    if (request.method === 'GET' && name === undefined) {
      const names = [...this.objects.keys()]
        .filter(one => one.startsWith(query.get('prefix') ?? ''))
        .toSorted()
      const from = Number(query.get('pageToken') ?? 0)
      const most = Number(query.get('maxResults') ?? 1000)
      const page = names.slice(from, from + most)
      return json(200, {
        items: page.map(one => this.resource(one, this.objects.get(one)!)),
        ...(from + most < names.length ? { nextPageToken: String(from + most) } : {})
      })
    }
    const object = name === undefined ? undefined : this.objects.get(name)
    if (name === undefined || !['GET', 'DELETE'].includes(request.method ?? '')) {
      return failed(501, 'The local storage does not do this')
    }
    if (object === undefined) return failed(404, 'No such object')
    if (request.method === 'DELETE') {
      this.objects.delete(name)
      response.writeHead(204).end()
      return
    }
    if (query.get('alt') !== 'media') return json(200, this.resource(name, object))
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
    const start = Number(range?.[1] ?? 0)
    const end = range?.[2] ? Number(range[2]) : object.content.length - 1
    response.writeHead(range === null ? 200 : 206, { 'content-type': object.contentType })
    response.end(object.content.subarray(start, end + 1))
  }
}
