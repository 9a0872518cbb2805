// Every setting of the server, once: name, default, what is allowed, one line of meaning. `config/` has them by subject.
// `--help`, `.env.example` and the README's table are made from this list. Nothing else reads the environment.
import { Result, Schema } from 'effect'
import { firebaseSettings } from './config/firebase.ts'
import { historySettings } from './config/history.ts'
import { settingMeantBy } from './config/misspelt.ts'
import { mediaSettings } from './config/media.ts'
import { serverSettings } from './config/server.ts'
import { settingInForce } from './config/in-force.ts'
import type { Setting } from './config/setting.ts'
import { whatsappSettings } from './config/whatsapp.ts'
import type { SettingInForce } from './domain/setting-in-force.ts'

export { readEnvFile } from './config/env-file.ts'
export { misspeltSettings } from './config/misspelt.ts'

export const settings = {
  ...serverSettings,
  ...firebaseSettings,
  ...whatsappSettings,
  ...historySettings,
  ...mediaSettings
}

export type SettingName = keyof typeof settings
export const settingNames = Object.keys(settings).filter((name): name is SettingName => name in settings)

type Decoded<S> = S extends Setting<infer A> ? Exclude<A, undefined> : never
type Settings = { readonly [Name in SettingName]: Decoded<(typeof settings)[Name]> }

/** The decoded settings. Durations are milliseconds; an optional setting that is not set is `''`. */
export interface Config extends Settings {
  /** Whether the server talks to another WhatsApp server than WhatsApp's, such as the simulator. */
  readonly simulated: boolean
  /** All of them, for an administrator to read. */
  readonly inForce: ReadonlyArray<SettingInForce>
}

/** Settings that cannot be used, each with its name and what is allowed. Values are never repeated: they may be secrets. */
export class ConfigError extends Schema.TaggedError<ConfigError>()('ConfigError', {
  problems: Schema.Array(Schema.Struct({ setting: Schema.String, allowed: Schema.String }))
}) {
  override get message(): string {
    return this.problems
      .map(({ setting: name, allowed }) => `${name} is not usable. Allowed: ${allowed}`)
      .join('\n')
  }
}

const decodeAll = (
  environment: Readonly<Record<string, string | undefined>>,
  problems: Array<{ setting: string; allowed: string }>
): Settings => {
  const decoded: Record<string, unknown> = {}
  for (const name of settingNames) {
    const definition = settings[name]
    const value = definition.decode(environment[name] ?? definition.default)
    if (value === undefined) problems.push({ setting: name, allowed: definition.allowed })
    decoded[name] = value
  }
  // Each value came from the decoder of its own name; with problems the result is never used.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return decoded as unknown as Settings
}

/** Reads the settings from an environment, refusing wrong values, unsafe combinations and misspelt names. */
export const loadConfig = (
  environment: Readonly<Record<string, string | undefined>>
): Result.Result<Config, ConfigError> => {
  const problems: Array<{ setting: string; allowed: string }> = []
  const values = decodeAll(environment, problems)
  for (const name of Object.keys(environment)) {
    if (name.startsWith('WHATSAPP_') && !(name in settings)) {
      const meant = settingMeantBy(name, settingNames)
      problems.push({
        setting: name,
        allowed: `one of ${settingNames.filter(known => known.startsWith('WHATSAPP_')).join(', ')}${meant === undefined ? '' : `. Did you mean ${meant}?`}`
      })
    }
  }
  if (problems.length > 0) return Result.fail(new ConfigError({ problems }))
  const simulated = values.WHATSAPP_URL.href !== new URL(settings.WHATSAPP_URL.default).href
  if (simulated !== (values.WHATSAPP_TRUST_ROOT !== '')) {
    problems.push({
      setting: simulated ? 'WHATSAPP_URL' : 'WHATSAPP_TRUST_ROOT',
      allowed: "both WHATSAPP_URL and WHATSAPP_TRUST_ROOT (a server of your own), or neither (WhatsApp's)"
    })
  }
  const usesFirebase =
    values.FIREBASE_AUTH || values.STORE === 'firestore' || values.FIREBASE_STORAGE_BUCKET !== ''
  if (usesFirebase && values.FIREBASE_PROJECT_ID === '') {
    problems.push({
      setting: 'FIREBASE_PROJECT_ID',
      allowed:
        'the id of the Firebase project, with STORE=firestore, FIREBASE_AUTH=true or a FIREBASE_STORAGE_BUCKET'
    })
  }
  if (values.RECONNECT_MIN > values.RECONNECT_MAX) {
    problems.push({ setting: 'RECONNECT_MIN', allowed: 'no longer than RECONNECT_MAX' })
  }
  return problems.length > 0
    ? Result.fail(new ConfigError({ problems }))
    : Result.succeed({
        ...values,
        simulated,
        inForce: settingNames.map(name => settingInForce(name, settings[name], environment[name]))
      })
}

/** The text of `npm start -- --help`. */
export const describeSettings = (): string =>
  settingNames
    .map(name => {
      const { default: standard, allowed, meaning } = settings[name]
      return `  ${name}${standard === '' ? '' : `=${standard}`}\n      ${meaning}.\n      Allowed: ${allowed}.`
    })
    .join('\n')

/** The text of `.env.example`. */
export const envExample = (): string =>
  settingNames
    .map(name => {
      const { default: standard, allowed, meaning } = settings[name]
      return `# ${meaning}.\n# Allowed: ${allowed}.\n# ${name}=${standard}\n`
    })
    .join('\n')
