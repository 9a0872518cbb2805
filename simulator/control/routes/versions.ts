// The endpoints of versions of linked devices: which are accepted, which one the web page tells, when one ends.
import { type ControlRoute, phoneOf } from '../requests.ts'

export const versionRoutes: readonly ControlRoute[] = [
  {
    method: 'PATCH',
    path: '/client-versions',
    answer: ({ simulator, body }) => {
      const fields = body()
      const { clientVersions } = simulator
      clientVersions.live = fields.optionalNumber('live') ?? clientVersions.live
      clientVersions.least = fields.optionalNumber('least') ?? clientVersions.least
      clientVersions.escaped = fields.optionalBoolean('escaped') ?? clientVersions.escaped
      const { escaped, least, live } = clientVersions
      return { live, least, escaped, page: simulator.versionUrl }
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/least-version',
    answer: call => {
      phoneOf(call).account.leastVersion = call.body().number('least')
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/client-expiration',
    answer: call => phoneOf(call).announceExpiration(call.body().optionalNumber('at'))
  }
]
