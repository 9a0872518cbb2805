// The endpoints of the simulator as a whole: its addresses, its events, all connections at once.
import { streamErrorIn } from '../faults.ts'
import type { Simulator } from '../../simulator.ts'
import { LOGIN_TIMES } from '../../state/clock.ts'
import { describePhone } from '../describe.ts'
import type { Call, ControlRoute } from '../requests.ts'

/** Links the client that shows this QR code to a phone of its own. */
const linkStranger = async (simulator: Simulator, qr: string): Promise<unknown> => {
  const phone = simulator.phoneForQr(qr)
  const device = await phone.scanQr(qr)
  return { ...describePhone(simulator, phone), device }
}

const streamEvents = ({ simulator, response }: Call): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write(': ready\n\n')
  const off = simulator.events.on(({ name, detail }) => {
    response.write(`event: ${name}\ndata: ${JSON.stringify(detail)}\n\n`)
  })
  response.on('close', off)
}

export const simulatorRoutes: readonly ControlRoute[] = [
  { method: 'GET', path: '/', answer: ({ describe }) => describe() },
  { method: 'GET', path: '/ca.pem', answer: ({ simulator }) => simulator.caCertificate },
  {
    method: 'GET',
    path: '/errors',
    answer: ({ simulator }) =>
      simulator.network.background.errors.map(({ at, where, error }) => ({ at, where, error: String(error) }))
  },
  { method: 'GET', path: '/refusals', answer: ({ simulator }) => simulator.refusals },
  { method: 'GET', path: '/events', answer: streamEvents },
  { method: 'POST', path: '/renew-static-key', answer: ({ simulator }) => simulator.renewStaticKey() },
  {
    method: 'POST',
    path: '/scan',
    answer: ({ simulator, body }) => linkStranger(simulator, body().text('qr'))
  },
  {
    method: 'POST',
    path: '/admin/mock-phone/scan-qr',
    answer: ({ simulator, text: qr }) => linkStranger(simulator, qr)
  },
  {
    method: 'POST',
    path: '/disconnect',
    answer: ({ simulator, body }) => simulator.disconnectAll(streamErrorIn(body()))
  },
  {
    method: 'PATCH',
    path: '/clock',
    answer: ({ simulator, body }) => {
      const fields = body()
      const { clock } = simulator
      const aheadSeconds = fields.optionalNumber('aheadSeconds')
      if (aheadSeconds !== undefined) clock.aheadMs = aheadSeconds * 1000
      clock.loginTime = fields.optionalOneOf('loginTime', LOGIN_TIMES) ?? clock.loginTime
      return { aheadSeconds: clock.aheadMs / 1000, loginTime: clock.loginTime, now: clock.milliseconds() }
    }
  }
]
