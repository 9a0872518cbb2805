// A client that costs little: `fetch` takes as much of a processor for a request as the server for its answer, and both share the machine.
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'

export interface KeptClient {
  /** Resolves with the body of an answer with status 202; rejects for any other. */
  readonly post: (path: string, body: object) => Promise<unknown>
  readonly close: () => void
}

/** Keeps so many connections. */
export const makeKeptClient = (
  { key, url }: { readonly key: string; readonly url: string },
  connections: number
): KeptClient => {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return {
    post: (path, body) =>
      new Promise((resolve, reject) => {
        const bytes = Buffer.from(JSON.stringify(body))
        const headers = {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'content-length': bytes.length
        }
        const asked = request({ agent, hostname, port, path, method: 'POST', headers }, response => {
          void text(response).then(answer => {
            if (response.statusCode === 202) resolve(JSON.parse(answer))
            else reject(new Error(`POST ${path} answered ${response.statusCode}: ${answer}`))
          }, reject)
        })
        asked.on('error', reject)
        asked.end(bytes)
      }),
    close: () => agent.destroy()
  }
}
