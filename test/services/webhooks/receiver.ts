// The server of an application that gets webhooks, in tests.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CloudEvent } from '../../../src/domain/cloud-event.ts'

export interface Received {
  readonly headers: Record<string, string>
  readonly body: string
  /** The first of a batch. */
  readonly event: CloudEvent
  readonly events: ReadonlyArray<CloudEvent>
}

type Behaviour = (received: Received, response: ServerResponse) => void

/** The new messages of a request, by their texts. */
export const textsOf = ({ events }: Pick<Received, 'events'>): ReadonlyArray<string | null> =>
  events.flatMap(event =>
    event.type === 'message.stored' && 'message' in event.data ? [event.data.message?.body ?? null] : []
  )

export const accept: Behaviour = (_, response) => void response.writeHead(204).end()

export class Receiver implements AsyncDisposable {
  readonly received: Array<Received> = []
  behave: Behaviour = accept
  private readonly server = createServer((request, response) => void this.take(request, response))

  static async open(): Promise<Receiver> {
    const receiver = new Receiver()
    await new Promise<void>(resolve => receiver.server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/events?of=us`
  }

  /** The new messages that came, by their texts. */
  get texts(): ReadonlyArray<string | null> {
    return this.received.flatMap(textsOf)
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const part of request) body += String(part)
    const parsed = JSON.parse(body) as CloudEvent | ReadonlyArray<CloudEvent>
    const events = Array.isArray(parsed) ? parsed : [parsed]
    const received = {
      body,
      headers: request.headers as Record<string, string>,
      event: events[0] as CloudEvent,
      events
    }
    this.received.push(received)
    this.behave(received, response)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    return new Promise(resolve => this.server.close(() => resolve()))
  }
}
