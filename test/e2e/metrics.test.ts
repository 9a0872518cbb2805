// What Prometheus scrapes: what happened is in it, nothing that a person wrote or could be called by is.
import { expect, test } from 'vitest'
import { sharedInProcessStage } from './stage.ts'

const shared = sharedInProcessStage()

/** The samples of a scrape, by name and labels. */
const scrape = async () => {
  const { url, key } = shared().server
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
  const body = await answer.text()
  const samples = body
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(
      line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))] as const
    )
  return { body, type: answer.headers.get('content-type'), samples: new Map(samples) }
}

test('accounts by state, their transitions, messages in and out, depths and the process are there', async () => {
  const { api } = shared()
  const { phone, accountId } = await shared().linked({ history: { chats: 2, messages: 20, groupsShare: 0 } })
  await phone.receive({ from: phone.contacts[0]!, text: 'A secret for nobody to count' })
  const sent = await api.send(accountId, phone.contacts[0]!.phoneNumber, 'And an answer')
  await api.untilMessage(sent.threadId, sent.messageId, ({ status }) => status !== 'queued')
  phone.disconnect({ code: 503 })
  await api.untilAccount(
    accountId,
    'back after 503',
    ({ lastDisconnect, state }) => state === 'open' && lastDisconnect?.code === 503
  )
  await shared().synced(accountId, phone)

  const { body, samples, type } = await scrape()
  expect(type).toContain('text/plain')
  expect(samples.get('backscroll_accounts{state="open"}')).toBe(1)
  expect(samples.get('backscroll_accounts{state="pairing"}')).toBe(0)
  expect(samples.get('backscroll_account_transitions_total{from="pairing",to="connecting"}')).toBe(1)
  expect(samples.get('backscroll_reconnects_total{code="503"}')).toBe(1)
  expect(samples.get('backscroll_messages_received_total')).toBeGreaterThanOrEqual(1)
  expect(samples.get('backscroll_messages_sent_total')).toBe(1)
  expect(samples.get('backscroll_messages')).toBe(22)
  for (const depth of [
    'inbox_waiting',
    'outbox_waiting',
    'history_chunks_pending',
    'ingest_lag_seconds',
    'webhook_lag_seconds'
  ])
    expect([depth, samples.get(`backscroll_${depth}`)]).toEqual([depth, 0])
  expect(samples.get('backscroll_gaps_open')).toBeGreaterThanOrEqual(0)
  expect(samples.get('backscroll_resident_memory_bytes')).toBeGreaterThan(50_000_000)
  expect(samples.get('backscroll_event_loop_delay_seconds{quantile="0.99"}')).toBeGreaterThanOrEqual(0)

  expect(body).not.toContain('secret')
  expect(body).not.toContain(accountId)
  for (const { phoneNumber } of phone.contacts) expect(body).not.toContain(phoneNumber)
})
