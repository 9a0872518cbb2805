// The inspector, as an operator uses it: the page in a real browser, and the stream as Stately's own tools read it.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect'
import { createInspectorServer } from '@statelyai/inspect/server'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { RunningServer } from '../../harness/server-process.ts'
import { hasBrowser, sharedBrowser, sidesOf } from './browser.ts'
import { sharedInProcessStage } from './stage.ts'
import { thoroughTest } from '../thorough.ts'

interface Frame {
  readonly type: string
  readonly name?: string
  readonly sessionId: string
  readonly definition?: string
  readonly snapshot?: { readonly status: string; readonly value?: unknown; readonly context?: unknown }
  readonly event?: { readonly type: string }
}

const ticketOf = async ({ api }: RunningServer): Promise<string> => {
  const { body, status } = await api.request<{ ticket: string }>('POST', '/v1/inspector/tickets')
  expect(status).toBe(201)
  return body.ticket
}

const streamUrl = (server: RunningServer, query: Readonly<Record<string, string>>): string =>
  `${server.url.replace('http', 'ws')}/inspect/stream?${new URLSearchParams(query).toString()}`

/** A viewer: every frame it was sent, and a wait for one. */
class Viewer {
  readonly frames: Array<Frame> = []
  readonly socket: WebSocket
  readonly closed: Promise<number>

  private constructor(url: string) {
    this.socket = new WebSocket(url)
    this.socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString())))
    this.closed = once(this.socket, 'close').then(([code]) => Number(code))
    onTestFinished(() => this.socket.terminate())
  }

  static async join(server: RunningServer, query: Readonly<Record<string, string>> = {}): Promise<Viewer> {
    const viewer = new Viewer(streamUrl(server, { ticket: await ticketOf(server), ...query }))
    await once(viewer.socket, 'open')
    return viewer
  }

  async until(wanted: (frame: Frame) => boolean): Promise<Frame> {
    while (true) {
      const found = this.frames.find(wanted)
      if (found !== undefined) return found
      await once(this.socket, 'message')
    }
  }

  /** What it knows of an account: its last state. */
  stateOf(accountId: string): unknown {
    const sessions = this.frames.filter(({ name }) => name === accountId).map(({ sessionId }) => sessionId)
    return this.frames.findLast(
      ({ sessionId, snapshot }) => sessions.includes(sessionId) && snapshot?.value !== undefined
    )?.snapshot?.value
  }
}

/** What refused a WebSocket, as the client sees it. */
const refusal = async (url: string): Promise<number> => {
  const socket = new WebSocket(url)
  socket.on('error', () => undefined)
  const [, response] = await once(socket, 'unexpected-response')
  return Number(response.statusCode)
}

const shared = sharedInProcessStage({ INSPECT: 'true' })
const browser = sharedBrowser()

describe('the stream', () => {
  test('shows the present to who comes late, and each move as it happens', async () => {
    const { phone, accountId } = await shared().linked({ history: { chats: 1, messages: 5, groupsShare: 0 } })
    const viewer = await Viewer.join(shared().server)
    const here = await viewer.until(({ name }) => name === accountId)
    expect(here).toMatchObject({ type: '@xstate.actor', snapshot: { status: 'active' } })
    expect(JSON.parse(here.definition ?? '')).toMatchObject({ id: 'account', initial: 'deciding' })
    expect(viewer.stateOf(accountId)).toEqual({
      session: { online: expect.stringMatching(/^(open|backfilling)$/) }
    })
    await viewer.until(({ name }) => name === 'outbox')

    phone.disconnect({ code: 440 })
    await viewer.until(({ snapshot, type }) => type === '@xstate.snapshot' && snapshot?.value === 'replaced')
    expect(viewer.stateOf(accountId)).toBe('replaced')
    // What the state did has ended with it.
    const outbox = viewer.frames.find(({ name }) => name === 'outbox')!.sessionId
    await viewer.until(({ sessionId, snapshot }) => sessionId === outbox && snapshot?.status === 'stopped')
  })

  thoroughTest('tells of one account only where that is asked for', async () => {
    const history = { chats: 1, messages: 5, groupsShare: 0 }
    const one = await shared().linked({ history })
    const other = await shared().linked({ history })
    const viewer = await Viewer.join(shared().server, { accountId: one.accountId })
    other.phone.disconnect({ code: 440 })
    await shared().api.untilAccount(other.accountId, 'replaced', ({ state }) => state === 'replaced')
    one.phone.disconnect({ code: 440 })
    await viewer.until(({ snapshot }) => snapshot?.value === 'replaced')
    expect(viewer.frames.some(({ name }) => name === other.accountId)).toBe(false)
    expect(viewer.frames.filter(({ snapshot }) => snapshot?.value === 'replaced')).toHaveLength(1)
  })

  test('holds no messages, no codes, no keys and no whole phone numbers', async () => {
    const { api, server } = shared()
    const viewer = await Viewer.join(server)
    const { accountId } = await api.createAccount('Secretive')
    const phone = shared().simulator.createPhone({ history: { chats: 1, messages: 5, groupsShare: 0 } })
    await api.request('POST', `/v1/accounts/${accountId}/pair`, {
      method: 'code',
      phoneNumber: phone.phoneNumber
    })
    const { code } = await api.offer(accountId)
    await phone.enterPairingCode(code!)
    await shared().synced(accountId, phone)
    await phone.receive({ from: phone.contacts[0]!, text: 'Where the treasure lies' })
    await api.untilAccount(accountId, 'the message', ({ counts }) => counts.messages >= 6)
    phone.disconnect({ code: 440 })
    await viewer.until(({ snapshot }) => snapshot?.value === 'replaced')

    const all = JSON.stringify(viewer.frames)
    const { jid } = await api.account(accountId)
    expect(all).toContain(accountId)
    expect(all).toContain('…')
    const secrets = [
      'treasure',
      code!,
      code!.replace('-', ''),
      phone.phoneNumber,
      jid!.split('@')[0]!.split(':')[0]!,
      ...phone.contacts.map(contact => contact.phoneNumber),
      server.key
    ]
    expect(secrets.filter(secret => all.includes(secret))).toEqual([])
  })

  test('is read by the official WebSocket receiver, directly and through the official server', async () => {
    const { accountId } = await shared().api.createAccount('Watched')
    const heard = (server: string) => {
      const events: Array<StatelyInspectionEvent> = []
      const waiting: Array<() => void> = []
      createWebSocketReceiver({ server }).subscribe(event => {
        events.push(event)
        for (const wake of waiting.splice(0)) wake()
      })
      return async (wanted: (event: StatelyInspectionEvent) => boolean) => {
        while (!events.some(wanted)) await new Promise<void>(resolve => waiting.push(resolve))
        return events.find(wanted)!
      }
    }
    const isAccount = (event: StatelyInspectionEvent) =>
      event.type === '@xstate.actor' && event.name === accountId
    const direct = heard(streamUrl(shared().server, { ticket: await ticketOf(shared().server), accountId }))
    expect(await direct(isAccount)).toMatchObject({ snapshot: { value: 'stopped' } })

    const port = await freePort()
    const official = createInspectorServer({ port, autoOpen: false })
    onTestFinished(() => official.stop())
    const relay = new WebSocket(`ws://127.0.0.1:${port}`)
    await once(relay, 'open')
    onTestFinished(() => relay.terminate())
    const behind = heard(`ws://127.0.0.1:${port}`)
    const viewer = await Viewer.join(shared().server, { accountId })
    viewer.socket.on('message', (data: Buffer) => relay.send(data.toString()))
    for (const frame of viewer.frames) relay.send(JSON.stringify(frame))
    const { sessionId } = await behind(isAccount)
    await shared().api.pair(accountId)
    const moved = await behind(
      event =>
        event.type === '@xstate.snapshot' &&
        event.sessionId === sessionId &&
        JSON.stringify(event.snapshot).includes('pairing')
    )
    expect(moved).toMatchObject({ event: { type: expect.any(String) } })
  })

  test('opens for a ticket once, or for the key, and for nothing else', async () => {
    const { server } = shared()
    const ticket = await ticketOf(server)
    const viewer = new WebSocket(streamUrl(server, { ticket }))
    await once(viewer, 'open')
    viewer.terminate()
    expect(await refusal(streamUrl(server, { ticket }))).toBe(401)
    expect(await refusal(streamUrl(server, { ticket: 'guessed' }))).toBe(401)
    expect(await refusal(streamUrl(server, {}))).toBe(401)
    expect(await refusal(streamUrl(server, { ticket: await ticketOf(server), accountId: 'acc-none' }))).toBe(
      404
    )
    const keyed = new WebSocket(streamUrl(server, {}), { headers: { authorization: `Bearer ${server.key}` } })
    await once(keyed, 'open')
    keyed.terminate()
    const plain = await server.api.request('GET', '/inspect/stream')
    expect(plain).toMatchObject({ status: 426 })
    for (const [method, path] of [
      ['GET', '/v1/inspector'],
      ['PUT', '/v1/inspector'],
      ['POST', '/v1/inspector/tickets']
    ] as const) {
      expect(
        await server.api.request(method, path, undefined, { authorization: 'Bearer wrong' })
      ).toMatchObject({
        status: 401
      })
    }
  })

  test('ends for all when the inspector is switched off, and is counted', async () => {
    const { api, server } = shared()
    const viewer = await Viewer.join(server)
    await viewer.until(({ type }) => type === '@xstate.actor')
    const { body } = await api.request<{ on: boolean; viewers: number }>('GET', '/v1/inspector')
    expect(body.on).toBe(true)
    expect(body.viewers).toBeGreaterThanOrEqual(1)
    await api.request('PUT', '/v1/inspector', { on: false })
    expect(await viewer.closed).toBe(4000)
    expect(await api.request('POST', '/v1/inspector/tickets')).toMatchObject({ status: 409 })
    await api.request('PUT', '/v1/inspector', { on: true })
    await Viewer.join(server)
  })
})

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // An address of a listening TCP server.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe.skipIf(!hasBrowser)('the page', () => {
  test('asks for the key, can be switched on, and shows every account live', async () => {
    const { api, server } = shared()
    await api.request('PUT', '/v1/inspector', { on: false })
    const { phone, accountId } = await shared().linked({
      name: 'Flower shop',
      history: { chats: 1, messages: 5, groupsShare: 0 }
    })
    await api.createAccount('Not linked')
    await api.createAccount('חנות 1')
    const { errors, page } = await browser()
    await page.goto(`${server.url}/inspect`)
    await page.fill('#key', 'not-the-key-at-all')
    await page.click('#enter')
    await page.getByText('That is not the API key of this server.').waitFor()
    await page.fill('#key', server.key)
    await page.click('#enter')
    // It stays off for who dismisses the question.
    await page.locator('#is-off').waitFor()
    await page.keyboard.press('Escape')
    await page.getByText('Switched off', { exact: true }).waitFor()
    expect((await api.request('GET', '/v1/inspector')).body).toMatchObject({ on: false })
    // There are accounts: that none is shown has another reason.
    await page.getByText('The inspector is off', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Switch on' }).click()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('button', { name: /Not linked/ }).waitFor()
    await page.locator('.account-name').getByText('חנות 1').waitFor()
    const styles = await page.evaluate<ReadonlyArray<string>>(
      `[...document.querySelectorAll('.account-name')].map(name => getComputedStyle(name).unicodeBidi + ' ' + getComputedStyle(name).display)`
    )
    expect(new Set(styles)).toEqual(new Set(['isolate block']))
    expect(await sidesOf(page, '.account-name')).toEqual({ before: true, after: true })
    await page.getByRole('button', { name: /Flower shop/ }).click()
    await page.locator('.state.active[data-path="session.online.open"]').waitFor()
    await page.locator('#works').getByText('outbox').waitFor()

    phone.disconnect({ code: 440 })
    await page.locator('.state.active[data-path="replaced"]').waitFor()
    await page.locator('#happenings').getByText('closed', { exact: true }).waitFor()
    await page.locator('#context').getByText('440').waitFor()
    await page.locator('#ways').getByText('connect').waitFor()
    await page.locator('.arrows path').first().waitFor({ state: 'attached' })

    // What happened stays when the account is another actor.
    await api.command(accountId, 'restart')
    await page.locator('#happenings').getByText('closed', { exact: true }).waitFor()

    await page.click('#only')
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('heading', { name: 'Flower shop' }).waitFor()
    expect(new URL(page.url()).searchParams.get('accountId')).toBe(accountId)
    expect(await page.getByRole('button', { name: /Not linked/ }).count()).toBe(0)

    await page.click('#off')
    await page.getByText('The inspector is switched off').waitFor()
    expect(errors).toEqual([])
  })
})

describe.skipIf(!hasBrowser)('the Stately inspector in the page', () => {
  test('gets the same actors once it answers, and the page draws them itself until then', async () => {
    // In place of Stately's own, which a test cannot reach: it says that it is there, and shows whom it hears of.
    const ui = createServer((_, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(`<ul id="heard"></ul><script>
        addEventListener('message', ({ data }) => {
          if (typeof data._version !== 'string') return
          const row = document.createElement('li')
          row.textContent = [data.type, data.name ?? '', JSON.stringify(data.snapshot?.value ?? '')].join(' ')
          document.getElementById('heard').append(row)
        })
        addEventListener('click', () => parent.postMessage({ type: '@statelyai.connected' }, '*'))
      </script>`)
    }).listen(0, '127.0.0.1')
    await once(ui, 'listening')
    onTestFinished(() => void ui.close())
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const { port } = ui.address() as AddressInfo
    const stage = shared()
    await stage.server.stop()
    await stage.restart({ INSPECT_UI: `http://127.0.0.1:${port}/` })
    const { accountId } = await stage.api.createAccount('Watched')
    const { errors, page } = await browser()
    await page.goto(`${stage.server.url}/inspect?accountId=${accountId}`)
    await page.fill('#key', stage.server.key)
    await page.click('#enter')
    await page.locator('.state.active[data-path="stopped"]').waitFor()
    const stately = page.frameLocator('#stately-view')
    // Nothing is loaded from elsewhere before somebody asks for it.
    expect(page.frames().filter(frame => frame.url().includes(String(port)))).toEqual([])
    await page.click('#stately')
    await stately.locator('#heard').waitFor({ state: 'attached' })
    // It connects whenever it is ready.
    await page.frames()[1]!.evaluate('dispatchEvent(new Event("click"))')
    await stately.getByText(`@xstate.actor ${accountId}`).waitFor()
    await stage.api.pair(accountId)
    await stately
      .getByText(/@xstate.snapshot.*pairing/)
      .first()
      .waitFor()
    await page.click('#own')
    await page.locator('.state.active[data-path="session.pairing"]').waitFor()
    expect(errors).toEqual([])
  })
})

/** A viewer that takes nothing from its connection, not even a farewell. */
const deafViewer = async (server: RunningServer): Promise<WebSocket> => {
  const { socket } = await Viewer.join(server)
  // What `ws` keeps to itself is what has to stand still here.
  Object(socket)._socket.pause()
  return socket
}

describe('a viewer that does not read', () => {
  test('is sent away too, and does not hold up the end of the server', async () => {
    const { api, server } = shared()
    const viewers = async () => {
      const { body } = await api.request<{ viewers: number }>('GET', '/v1/inspector')
      return body.viewers
    }
    await api.request('PUT', '/v1/inspector', { on: true })
    const before = await viewers()
    await deafViewer(server)
    expect(await viewers()).toBe(before + 1)
    await api.request('PUT', '/v1/inspector', { on: false })
    await api.until('the viewer to be gone', async () => ((await viewers()) === 0 ? true : undefined))
    await api.request('PUT', '/v1/inspector', { on: true })
    await deafViewer(server)
    await server.stop()
  })
})
