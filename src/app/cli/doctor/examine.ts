// All checks of `doctor`, in the order in which what they find should be put right.
import { Effect, Result } from 'effect'
import type { Config } from '../../../config.ts'
import { readSettings } from '../read-settings.ts'
import { type Finding, ok } from './finding.ts'
import {
  checkDatabase,
  checkDisk,
  checkFolder,
  checkKey,
  checkPermissions,
  checkSettings
} from './machine.ts'
import { checkFirestore, checkPort, checkWhatsApp } from './network.ts'

const examineWith = Effect.fnUntraced(function* (config: Config, url: string) {
  const folder = checkFolder(config)
  const [database, key, port, whatsApp, firestore] = yield* Effect.all(
    [
      checkDatabase(config),
      checkKey(config),
      checkPort(config, url),
      checkWhatsApp(config),
      checkFirestore(config)
    ],
    { concurrency: 'unbounded' }
  )
  return [checkPermissions(config), folder, checkDisk(config), database, key, port, ...whatsApp, firestore]
})

/** Everything that can be known before a start, or beside a running server. `url`: where a server of these settings answers. */
export const examine = (urlOf: (config: Config) => string): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.suspend(() => {
    const settings = readSettings()
    const first = [ok('node', process.versions.node), checkSettings(settings)]
    if (Result.isFailure(settings)) return Effect.succeed(first)
    const config = settings.success
    return Effect.map(examineWith(config, urlOf(config)), found => [...first, ...found])
  })
