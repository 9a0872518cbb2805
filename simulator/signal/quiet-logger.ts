// The logger handed to Baileys' Signal code inside the simulator: it says nothing, since its lines would name keys.
import type { DEFAULT_CONNECTION_CONFIG } from '@whiskeysockets/baileys'

type Logger = (typeof DEFAULT_CONNECTION_CONFIG)['logger']

const nothing = (): void => undefined

export const quietLogger: Logger = {
  level: 'silent',
  child: () => quietLogger,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing
}
