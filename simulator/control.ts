// The control port: HTTP and JSON for whoever runs the simulator as a process of its own.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Simulator } from './simulator.ts'

export interface ControlPort {
  readonly url: string | undefined
  handle(request: IncomingMessage, response: ServerResponse): void
  close(): Promise<void>
}

export const openControlPort = (_simulator: Simulator, _port: number | undefined): Promise<ControlPort> =>
  Promise.resolve({
    url: undefined,
    handle: (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(404).end(),
    close: () => Promise.resolve()
  })
