// Versions of linked devices: an unmodified Baileys is refused when its own is too old, and reads the live one from the page.
import { fetchLatestWaWebVersion } from '@whiskeysockets/baileys'
import { expect, it, onTestFinished } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { Client } from './client.ts'

/** What Baileys' own helper finds when WhatsApp's web server is the simulator. */
const askedByBaileys = async (sim: Simulator) => {
  const fetchAnything = globalThis.fetch
  onTestFinished(() => void (globalThis.fetch = fetchAnything))
  globalThis.fetch = (input, init) =>
    fetchAnything(
      typeof input === 'string' ? input.replace('https://web.whatsapp.com', sim.mediaUrl) : input,
      init
    )
  const { isLatest, version } = await fetchLatestWaWebVersion()
  return isLatest ? version : undefined
}

it('refuses logins of versions that are too old with 405, of everybody or of one phone', async () => {
  await using sim = await Simulator.make()
  const [phone, other] = [sim.createPhone(), sim.createPhone()]
  await using client = await Client.linked(sim, phone, { version: [2, 3000, 1000] })
  expect(phone.devices[0]!.version).toBe('2.3000.1000')
  client.reconnects = false
  sim.clientVersions.least = 1001
  phone.disconnect()
  await client.until(() => client.closes.length === 2, 'the drop')
  client.connect()
  await client.until(() => client.closes.includes(405), 'the refusal')
  await using stranger = new Client(sim, { version: [2, 3000, 1000] })
  stranger.reconnects = false
  stranger.connect()
  await stranger.until(() => stranger.closes.includes(405), 'the refusal while linking')

  sim.clientVersions.least = 0
  other.account.leastVersion = 1001
  stranger.connect()
  const qr = await stranger.until(() => stranger.qr, 'a QR')
  await expect(other.scanQr(qr)).rejects.toThrow('could not link device')
  await expect(phone.scanQr(qr)).resolves.toBe(2)
})

it('tells the live version to browsers, with quotes that are escaped or not', async () => {
  await using sim = await Simulator.make()
  sim.clientVersions.live = 1_060_000_001
  for (const escaped of [true, false]) {
    sim.clientVersions.escaped = escaped
    expect(await askedByBaileys(sim)).toEqual([2, 3000, 1_060_000_001])
  }
  expect((await fetch(sim.versionUrl)).status).toBe(400)
  sim.fault({ kind: 'versionPage', effect: 'garbled' }, { times: 1 })
  expect(await askedByBaileys(sim)).toBeUndefined()
})

it('announces until when a version is good, and withdraws it', async () => {
  await using sim = await Simulator.make()
  const phone = sim.createPhone()
  await using client = await Client.linked(sim, phone)
  const announced: unknown[] = []
  client.socket.ws.on('CB:ib,,client_expiration', ({ content }: { content: { attrs: object }[] }) => {
    announced.push(content[0]!.attrs)
  })
  phone.announceExpiration(1_796_000_000)
  phone.announceExpiration()
  await phone.receive({ from: phone.contacts[0] ?? sim.createContact(), text: 'then' })
  await client.text('then')
  expect(announced).toEqual([{ t: '1796000000' }, {}])
})
