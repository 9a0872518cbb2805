// The control port: HTTP and JSON for a program that runs the simulator as a process. Each endpoint is one action of the simulator,
// a phone or a contact; routes.ts lists them. It listens where the simulator does: on the loopback address, unless the
// simulator was given another host.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Simulator } from '../simulator.ts'
import { ControlError, Fields, isObject } from './fields.ts'
import type { Call, ControlRoute } from './requests.ts'
import { routes } from './routes.ts'

const BODY_LIMIT = 16 * 1024 * 1024

export interface ControlPort {
  readonly url: string
  /** The addresses and keys that a client is started with, the control port's own address among them. */
  describe(): Record<string, unknown>
  close(): Promise<void>
}

/** Opens the control port (0 takes any free port); what is below `/admin/` is also answered on the WhatsApp port. */
export const openControlPort = async (simulator: Simulator, port: number): Promise<ControlPort> => {
  let url = ''
  const describe = (): Record<string, unknown> => ({ ...simulator.describe(), controlUrl: url })
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    answer({ simulator, describe }, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else {
        const status = error instanceof ControlError ? error.status : 400
        writeJson(response, status, { error: error instanceof Error ? error.message : String(error) })
      }
    })
  }
  const server = createServer(handle)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, simulator.host, () => resolve())
  })
  simulator.handleRequests('admin', handle)
  const { port: actual } = server.address() as AddressInfo
  url = `http://${simulator.host}:${actual}`
  return {
    url,
    describe,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>(resolve => server.close(() => resolve()))
    }
  }
}

const answer = async (
  served: Pick<Call, 'simulator' | 'describe'>,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://control')
  const parts = url.pathname
    .split('/')
    .filter(part => part !== '')
    .map(decodeURIComponent)
  const found = routes.flatMap(route => {
    const parameters = match(route, request.method ?? 'GET', parts)
    return parameters ? [{ route, parameters }] : []
  })[0]
  if (!found) throw new ControlError(404, `there is no ${request.method} ${url.pathname}`)
  const body = await readBody(request)
  const result = await found.route.answer({
    ...served,
    parameters: found.parameters,
    text: body,
    body: () => fieldsOf(body),
    response
  })
  if (response.headersSent) return
  if (typeof result === 'string') response.writeHead(200, { 'content-type': 'text/plain' }).end(result)
  else writeJson(response, 200, result ?? { ok: true })
}

const match = (
  { method, path }: ControlRoute,
  asked: string,
  parts: string[]
): Record<string, string> | undefined => {
  const pattern = path.split('/').filter(part => part !== '')
  if (method !== asked || pattern.length !== parts.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [place, part] of pattern.entries()) {
    const given = parts[place] ?? ''
    if (part.startsWith(':')) parameters[part.slice(1)] = given
    else if (part !== given) return undefined
  }
  return parameters
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > BODY_LIMIT) throw new ControlError(413, 'the body is too large')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

const fieldsOf = (text: string): Fields => {
  const value: unknown = text === '' ? {} : JSON.parse(text)
  if (!isObject(value)) throw new ControlError(400, 'the body must be a JSON object')
  return new Fields(value)
}

const writeJson = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
