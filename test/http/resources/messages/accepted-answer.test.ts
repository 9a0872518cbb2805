// The answer of a send is written without the contract's encoder: it has to be what that would make.
import { Schema } from 'effect'
import { expect, test } from 'vitest'
import { AcceptedMessage } from '../../../../src/http/resources/messages/contract.ts'
import { acceptedAnswer } from '../../../../src/http/resources/messages/send.ts'
import type { Accepted } from '../../../../src/services/outbox/accept.ts'

const encode = Schema.encodeUnknownSync(Schema.toCodecJson(AcceptedMessage))

const ACCEPTED: Accepted = {
  entryId: '3EB0A',
  messageId: 'me:3EB0A',
  threadId: 'acc-1:491@s.whatsapp.net',
  parts: [],
  documentId: 'not told'
}

test.each([
  ['a message', ACCEPTED],
  ['an album', { ...ACCEPTED, parts: [{ entryId: '3EB0B', messageId: 'me:3EB0B' }] }]
])('%s is answered as the contract says', async (_, accepted) => {
  const { body, headers, status } = acceptedAnswer(accepted)
  const { documentId: _none, parts, ...told } = accepted
  const text = body._tag === 'Uint8Array' ? new TextDecoder().decode(body.body) : ''
  expect([status, headers['content-type']]).toEqual([202, 'application/json'])
  expect(text).toBe(
    JSON.stringify(encode({ ...told, status: 'queued', ...(parts.length === 0 ? {} : { parts }) }))
  )
})
