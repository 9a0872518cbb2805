// How fast messages get to WhatsApp, against a bare socket of Baileys with keys in memory; and how fast they are accepted for sending.
import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { wholeOption } from '../harness/options.ts'
import { processorMs } from '../harness/process-memory.ts'
import { BARE, besideBare, type BesideBare, inTurns } from './beside-bare.ts'
import { timed } from './clients.ts'
import { makeKeptClient } from './kept-client.ts'
import { medianOf, rounded } from './percentile.ts'
import type { Side } from './traffic-process.ts'

export const SEND_USAGE = `send      messages sent a second, against a bare socket of Baileys with keys in memory
    --messages N        how many in a round (200)
    --rounds N          of each kind and side, in turns (5)
    --accepted N        how many are queued while the account is offline (2000)
    --profile FOLDER    keep a CPU profile of the server there
    --json              nothing but the result`

/** Clients that write at the same time, each waiting until WhatsApp has its last message. */
const CLIENTS = [1, 8] as const
/** Clients that queue messages at the same time. */
const QUEUEING = 16
const WARM_UP = 50

/** Sends one message; completes when WhatsApp has it. */
type SendOne = (place: number) => Promise<unknown>

const sendersOf = async (both: BesideBare): Promise<Readonly<Record<Side, SendOne>>> => {
  const { accountId, bare, server, whatsapp } = both
  const recipients = {
    server: await whatsapp.ask('recipients', 'server'),
    bare: await whatsapp.ask('recipients', 'bare')
  }
  const recipient = (side: Side, place: number) => {
    const all = recipients[side]
    const one = all[place % all.length]
    if (one === undefined) throw new Error('The simulated phone has nobody to write to')
    return one
  }
  return {
    server: async place => {
      const { number } = recipient('server', place)
      const { entryId } = await server.api.send(accountId, number, `text ${place}`)
      await whatsapp.ask('taken', entryId)
    },
    bare: async place => {
      const { jid } = recipient('bare', place)
      const id = await bare.ask('send', { number: BARE, jid, text: `text ${place}` })
      await whatsapp.ask('taken', id)
    }
  }
}

const measureSending = async (both: BesideBare, clients: number, count: number, rounds: number) => {
  const senders = await sendersOf(both)
  const pids = { server: both.server.pid, bare: both.bare.pid }
  const spent = { server: 0, bare: 0 }
  const latencies = { server: new Array<number>(), bare: new Array<number>() }
  for (const side of ['server', 'bare'] as const) await timed(WARM_UP, clients, senders[side])
  const perSecond = await inTurns(rounds, async side => {
    const before = processorMs(pids[side])
    const { each, milliseconds } = await timed(count, clients, senders[side])
    spent[side] += processorMs(pids[side]) - before
    latencies[side].push(...each)
    return (count * 1000) / milliseconds
  })
  const medians = { server: medianOf(latencies.server), bare: medianOf(latencies.bare) }
  return {
    server: Math.round(perSecond.server),
    bare: Math.round(perSecond.bare),
    ratio: rounded(perSecond.server / perSecond.bare),
    medianMs: { server: rounded(medians.server), bare: rounded(medians.bare) },
    medianRatio: rounded(medians.server / medians.bare),
    processorMsEach: {
      server: rounded(spent.server / (rounds * count)),
      bare: rounded(spent.bare / (rounds * count))
    }
  }
}

/** Messages queued while the account is offline, each with a key of its own: how many a second, and what one costs server and clients. */
const measureAccepting = async ({ accountId, server, whatsapp }: BesideBare, count: number) => {
  const { api } = server
  await api.command(accountId, 'disconnect')
  await api.untilAccount(accountId, 'to be offline', ({ state }) => state === 'stopped')
  const recipients = await whatsapp.ask('recipients', 'server')
  const pids = { server: server.pid, clients: process.pid }
  const before = { server: processorMs(pids.server), clients: processorMs(pids.clients) }
  const client = makeKeptClient(server, QUEUEING)
  const { milliseconds } = await timed(count, QUEUEING, place =>
    client.post(`/v1/accounts/${accountId}/messages`, {
      to: recipients[place % recipients.length]?.number ?? '',
      text: `queued ${place}`,
      idempotencyKey: randomUUID()
    })
  )
  client.close()
  return {
    acceptedPerSecond: Math.round((count * 1000) / milliseconds),
    acceptedProcessorMsEach: {
      server: rounded((processorMs(pids.server) - before.server) / count),
      clients: rounded((processorMs(pids.clients) - before.clients) / count)
    }
  }
}

export const send = async (args: ReadonlyArray<string>): Promise<object> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      messages: { type: 'string', default: '200' },
      rounds: { type: 'string', default: '5' },
      accepted: { type: 'string', default: '2000' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false }
    }
  })
  const count = wholeOption('messages', values.messages, 100_000)
  const rounds = wholeOption('rounds', values.rounds, 100)
  const accepted = wholeOption('accepted', values.accepted, 100_000)
  const say = (text: string): void => void (values.json || process.stderr.write(`${text}\n`))
  // A person's pace is not what is measured.
  const settings = { SEND_PACE: '0ms' }
  return besideBare({ profile: values.profile, say, settings }, async both => {
    const results: Record<string, object> = {}
    for (const clients of CLIENTS) {
      say(`${rounds} rounds of ${count} messages by ${clients} at a time, for each …`)
      results[`${clients} at a time`] = await measureSending(both, clients, count, rounds)
    }
    say(`${accepted} messages are queued …`)
    const accepting = await measureAccepting(both, accepted)
    return {
      bench: 'send',
      messages: count,
      rounds,
      unit: 'messages a second',
      ...results,
      ...accepting
    }
  })
}
