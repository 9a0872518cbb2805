// The truth of one phone as JSON, written message by message: a phone may hold a million of them.
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Phone } from '../phone.ts'

const BATCH = 500

export const writeTruth = async (phone: Phone, response: ServerResponse): Promise<void> => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write('{"messages":[')
  let batch: string[] = []
  let first = true
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return
    const text = (first ? '' : ',') + batch.join(',')
    first = false
    batch = []
    if (!response.write(text) && !response.destroyed)
      await Promise.race([once(response, 'drain'), once(response, 'close')])
  }
  for (const message of phone.heldMessages()) {
    batch.push(JSON.stringify(message))
    if (batch.length >= BATCH) await flush()
    if (response.destroyed) return
  }
  await flush()
  response.write(']')
  for (const [part, list] of Object.entries(phone.truthBesideMessages())) {
    response.write(`,"${part}":${JSON.stringify(list)}`)
  }
  response.end('}')
}
