// What Baileys logs, reduced to what may be logged: its message and an error's name. Its objects hold keys,
// numbers and message texts.
import type { SocketConfig } from '@whiskeysockets/baileys'

type BaileysLogger = SocketConfig['logger']

/** Receives one sentence of Baileys' with the level it was said at. */
export type LogSink = (level: 'debug' | 'warn', text: string) => void

const sentence = (object: unknown, text: string | undefined): string => {
  const words = text ?? (typeof object === 'string' ? object : '')
  const error = typeof object === 'object' && object !== null && 'err' in object ? object.err : undefined
  // Baileys puts addresses into some sentences; a run of digits is taken to be one.
  const safe = words.slice(0, 200).replaceAll(/\d{5,}/g, '…')
  return error instanceof Error ? `${safe} (${error.name})` : safe
}

export const baileysLogger = (sink: LogSink): BaileysLogger => {
  const logger: BaileysLogger = {
    level: 'debug',
    child: () => logger,
    trace: () => undefined,
    debug: () => undefined,
    info: (object, text) => sink('debug', sentence(object, text)),
    warn: (object, text) => sink('debug', sentence(object, text)),
    // The end of a connection is told, with its reason, by whoever opened it.
    error: (object, text) => sink(text === 'stream errored out' ? 'debug' : 'warn', sentence(object, text))
  }
  return logger
}
