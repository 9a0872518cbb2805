// The HTTP contract of the settings in force. They are changed in the environment, not here.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup } from 'effect/http-api'
import { SettingInForce } from '../../../domain/setting-in-force.ts'
import { administers } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { operation } from '../../operation.ts'

export class SettingsGroup extends HttpApiGroup.make('settings', { topLevel: true })
  .add(
    HttpApiEndpoint.get('settings', '/settings', {
      success: Schema.Struct({ settings: Schema.Array(SettingInForce) }).annotate({
        identifier: 'SettingList'
      })
    }).annotateMerge(
      operation({
        access: administers,
        summary: 'List the settings in force',
        description:
          'All settings of the server with their meaning, as they were at its start. Secrets are `null` where they are set; user and password in addresses are left out.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
