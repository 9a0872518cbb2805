// The servers of applications that get webhooks, as a process of its own: each takes everything at once and counts it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answer } from './child.ts'

let events = 0
let requests = 0

/** An event has one of these; cheaper than parsing what a receiver would parse on another machine. */
const MARK = '"specversion"'

const countIn = (body: string): number => body.split(MARK).length - 1

const open = async (): Promise<string> => {
  const server = createServer((request, response) => {
    const parts: Array<Buffer> = []
    request.on('data', (part: Buffer) => void parts.push(part))
    request.on('end', () => {
      events += countIn(Buffer.concat(parts).toString('utf8'))
      requests += 1
      response.writeHead(204).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const receivers = {
  /** The URLs of so many servers. */
  open: async (count: number): Promise<ReadonlyArray<string>> =>
    Promise.all(Array.from({ length: count }, open)),
  /** What all of them have taken since the last time. */
  taken: async (_: null): Promise<{ readonly events: number; readonly requests: number }> => {
    const counted = { events, requests }
    events = 0
    requests = 0
    return counted
  }
}
export type ReceiverQuestions = typeof receivers
answer(receivers)
