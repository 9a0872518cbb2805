// The settings as an administrator may read them over HTTP: no secret, and no password within an address.
import type { SettingInForce } from '../domain/setting-in-force.ts'
import type { Setting } from './setting.ts'

const withoutPassword = (text: string): string => {
  const url = /^\w+:\/\//.test(text) ? URL.parse(text) : null
  if (url === null || (url.username === '' && url.password === '')) return text
  url.username = ''
  url.password = ''
  return url.href
}

export const settingInForce = (
  name: string,
  { allowed, default: standard, isSecret = false, meaning }: Setting<unknown>,
  given: string | undefined
): SettingInForce => ({
  name,
  value: isSecret && given !== undefined && given !== '' ? null : withoutPassword(given ?? standard),
  isDefault: given === undefined || given === standard,
  default: standard,
  meaning,
  allowed
})
