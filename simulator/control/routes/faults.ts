// The endpoints of faults.
import { ControlError } from '../fields.ts'
import { faultFrom } from '../faults.ts'
import type { ControlRoute } from '../requests.ts'

export const faultRoutes: readonly ControlRoute[] = [
  { method: 'GET', path: '/faults', answer: ({ simulator }) => simulator.network.faults.list() },
  {
    method: 'POST',
    path: '/faults',
    answer: ({ simulator, body }) => {
      const fields = body()
      const fault = faultFrom(fields.object('fault'))
      const phone = fields.optionalText('phone')
      const account = phone === undefined ? undefined : simulator.phone(phone)?.account
      if (phone !== undefined && !account) throw new ControlError(404, `there is no phone ${phone}`)
      const { id } = simulator.fault(fault, {
        account,
        device: fields.optionalNumber('device'),
        times: fields.optionalNumber('times'),
        forMs: fields.optionalNumber('forMs')
      })
      return { id }
    }
  },
  {
    method: 'POST',
    path: '/outage',
    answer: ({ simulator, body }) => ({
      id: simulator.fault({ kind: 'outage' }, { forMs: body().optionalNumber('forMs') }).id
    })
  },
  { method: 'DELETE', path: '/faults', answer: ({ simulator }) => simulator.network.faults.clearAll() },
  {
    method: 'DELETE',
    path: '/faults/:id',
    answer: ({ simulator, parameters }) => ({
      cleared: simulator.network.faults.clear(Number(parameters['id']))
    })
  }
]
