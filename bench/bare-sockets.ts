// Sockets of Baileys as its documentation sets them up, and nothing else: what an account of the server is compared with.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import makeWASocket, {
  DisconnectReason,
  initAuthCreds,
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

type Auth = Awaited<ReturnType<typeof useMultiFileAuthState>>

/** Keys that nothing writes down: what Baileys costs by itself. */
const inMemory = (): Auth => {
  const kept = new Map<string, unknown>()
  return {
    state: {
      creds: initAuthCreds(),
      keys: {
        get: (kind, ids) =>
          Object.fromEntries(
            ids.flatMap(id => (kept.has(`${kind} ${id}`) ? [[id, kept.get(`${kind} ${id}`)]] : []))
          ) as never,
        set: data => {
          for (const [kind, values] of Object.entries(data))
            for (const [id, value] of Object.entries(values)) {
              if (value === null || value === undefined) kept.delete(`${kind} ${id}`)
              else kept.set(`${kind} ${id}`, value)
            }
        }
      }
    },
    saveCreds: async () => undefined
  }
}

/** Of sockets whose keys are in memory: they connect once more in the course of linking. */
const memories = new Map<number, Auth>()

const authOf = async (number: number): Promise<Auth> =>
  memories.get(number) ?? (await useMultiFileAuthState(join(folder.path, String(number))))

const open = async (number: number, url: string): Promise<void> => {
  const { state, saveCreds } = await authOf(number)
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

interface LinkOptions {
  readonly number: number
  readonly url: string
  /** Keys are kept in memory, not in files. */
  readonly isInMemory?: boolean
}

interface SendOptions {
  readonly number: number
  readonly jid: string
  readonly text: string
}

const bare = {
  /** Opens socket `number`; answers its QR code. */
  link: async ({ isInMemory = false, number, url }: LinkOptions): Promise<string> => {
    if (isInMemory) memories.set(number, inMemory())
    const code = Promise.withResolvers<string>()
    codes.set(number, code)
    opened.set(number, Promise.withResolvers<null>())
    await open(number, url)
    return code.promise
  },
  online: async (number: number): Promise<null> => opened.get(number)?.promise ?? null,
  /** Sends a text; answers its id when it is written to the connection. */
  send: async ({ jid, number, text }: SendOptions): Promise<string> => {
    const sent = await sockets[number]?.sendMessage(jid, { text })
    return sent?.key.id ?? ''
  }
}
export type BareQuestions = typeof bare
answer(bare)
