// A setting as an administrator reads it: the value in force, what it means, what would be allowed. Never a secret.
import { Schema } from 'effect'

export const SettingInForce = Schema.Struct({
  name: Schema.String,
  /** `null`: it is a secret, and set. */
  value: Schema.NullOr(Schema.String),
  /** Whether the environment, or the file with it, says nothing else than the default. */
  isDefault: Schema.Boolean,
  default: Schema.String,
  meaning: Schema.String,
  allowed: Schema.String
}).annotate({ identifier: 'Setting' })
export type SettingInForce = typeof SettingInForce.Type
