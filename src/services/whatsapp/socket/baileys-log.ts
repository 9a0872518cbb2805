// What Baileys logs, reduced to what may be logged: its message and an error's name. Its objects hold keys,
// numbers and message texts.
import type { SocketConfig } from '@whiskeysockets/baileys'
import { noteUploadTrouble } from '../upload-trouble.ts'

type BaileysLogger = SocketConfig['logger']

/** Receives one log line of Baileys with its level. */
export type LogSink = (level: 'debug' | 'warn', text: string) => void

const logLine = (object: unknown, text: string | undefined): string => {
  const line = text ?? (typeof object === 'string' ? object : '')
  const error = typeof object === 'object' && object !== null && 'err' in object ? object.err : undefined
  // Baileys puts addresses into some lines; a run of digits is treated as one.
  const safe = line.slice(0, 200).replaceAll(/\d{5,}/g, '…')
  return error instanceof Error ? `${safe} (${error.name})` : safe
}

export const baileysLogger = (sink: LogSink): BaileysLogger => {
  const logger: BaileysLogger = {
    level: 'debug',
    child: () => logger,
    trace: () => undefined,
    debug: () => undefined,
    info: (object, text) => sink('debug', logLine(object, text)),
    warn: (object, text) => {
      noteUploadTrouble(object)
      sink('debug', logLine(object, text))
    },
    // The end of a connection is logged with its reason elsewhere.
    error: (object, text) => sink(text === 'stream errored out' ? 'debug' : 'warn', logLine(object, text))
  }
  return logger
}
