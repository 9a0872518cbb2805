// The settings in force over HTTP.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import type { SettingInForce } from '../../../domain/setting-in-force.ts'
import { Api } from '../../api.ts'

export const settingsLayer = (settings: ReadonlyArray<SettingInForce>) =>
  HttpApiBuilder.group(Api, 'settings', handlers =>
    handlers.handleAll({ settings: () => Effect.succeed({ settings }) })
  )
