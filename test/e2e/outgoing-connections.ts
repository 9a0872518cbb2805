// Loaded into a server by `--import`: writes down every address that it connects to, so that a test can show that there is no other.
import { appendFileSync } from 'node:fs'
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

const file = process.env['TEST_CONNECTIONS']
if (file !== undefined) {
  subscribe('net.client.socket', message => {
    const { socket } = message as { readonly socket: Socket }
    socket.on('lookup', (_error, _address, _family, host: string) => appendFileSync(file, `name ${host}\n`))
    socket.on('connectionAttempt', (ip: string, port: number) => appendFileSync(file, `${ip}:${port}\n`))
  })
}
