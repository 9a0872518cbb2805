// Sockets of Baileys as its documentation sets them up, and nothing else: what an account of the server is compared with.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import makeWASocket, {
  DisconnectReason,
  makeCacheableSignalKeyStore,
  useMultiFileAuthState,
  type WASocket
} from '@whiskeysockets/baileys'
import pino from 'pino'
import { temporaryFolder } from '../harness/server-process.ts'
import { silenceSessionDumps } from '../simulator/signal/session-dumps.ts'
import { answer } from './child.ts'

const silent = pino({ level: 'silent' })
const folder = temporaryFolder()
process.on('exit', () => rmSync(folder.path, { recursive: true, force: true }))
silenceSessionDumps()

const sockets: Array<WASocket> = []
const codes = new Map<number, PromiseWithResolvers<string>>()
const opened = new Map<number, PromiseWithResolvers<null>>()

const open = async (number: number, url: string): Promise<void> => {
  const { state, saveCreds } = await useMultiFileAuthState(join(folder.path, String(number)))
  const socket = makeWASocket({
    auth: { creds: state.creds, keys: makeCacheableSignalKeyStore(state.keys, silent) },
    logger: silent,
    waWebSocketUrl: url
  })
  sockets[number] = socket
  socket.ev.on('creds.update', () => void saveCreds())
  socket.ev.on('connection.update', ({ connection, lastDisconnect, qr }) => {
    if (qr !== undefined) codes.get(number)?.resolve(qr)
    if (connection === 'open') opened.get(number)?.resolve(null)
    const error = lastDisconnect?.error
    const code = error !== undefined && 'output' in error ? Object(error.output).statusCode : undefined
    if (connection === 'close' && code === DisconnectReason.restartRequired) void open(number, url)
  })
}

const bare = {
  /** Opens socket `number`; answers its QR code. */
  link: async ({ number, url }: { readonly number: number; readonly url: string }): Promise<string> => {
    const code = Promise.withResolvers<string>()
    codes.set(number, code)
    opened.set(number, Promise.withResolvers<null>())
    await open(number, url)
    return code.promise
  },
  online: async (number: number): Promise<null> => opened.get(number)?.promise ?? null
}
export type BareQuestions = typeof bare
answer(bare)
