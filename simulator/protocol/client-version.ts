// Versions of linked devices: the page that tells the live one, the phone's refusal of an old one, the end that WhatsApp announces.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Account } from '../state/account.ts'
import { formatVersion } from '../state/client-versions.ts'
import type { Network } from '../state/network.ts'
import type { UnlinkedDevice } from '../state/session.ts'
import { element } from '../wire/binary-node.ts'
import { SERVER_JID } from '../wire/jid.ts'

/** Where the page is, on the port of the WebSocket. */
export const VERSION_PAGE = 'sw.js'

/** WhatsApp gives its page to browsers that open it, and to nobody else. */
const isOpenedByBrowser = ({ headers }: IncomingMessage): boolean =>
  headers['sec-fetch-site'] === 'none' && /Mozilla\/5\.0/.test(headers['user-agent'] ?? '')

const pageWith = (revision: number, escaped: boolean): string => {
  const settings = JSON.stringify({
    server_revision: revision + 7,
    client_revision: revision,
    push_phase: 'C3'
  })
  return `/* service worker */\nself.boot(${escaped ? JSON.stringify(settings) : settings});\n`
}

export const serveVersionPage = (
  network: Network,
  request: IncomingMessage,
  response: ServerResponse
): void => {
  const fault = network.faults.take('versionPage', {})
  network.signals.emit('versionAsked', { from: request.socket.remotePort, fault: fault?.effect })
  if (fault?.effect === 'silent') return
  if (fault?.effect === 'endless') {
    writeForever(response)
    return
  }
  if (fault?.effect === 'unavailable' || !isOpenedByBrowser(request)) {
    response.writeHead(fault === undefined ? 400 : 503, { 'content-type': 'text/html' }).end('<html></html>')
    return
  }
  const { escaped, live } = network.clientVersions
  const page = fault?.effect === 'garbled' ? '/* service worker */\n' : pageWith(live, escaped)
  response.writeHead(200, { 'content-type': 'application/javascript' }).end(page)
}

const BLANKS = ' '.repeat(64 * 1024)

const writeForever = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/javascript' })
  const write = (): void => {
    while (!response.destroyed && response.write(BLANKS));
  }
  response.on('drain', write)
  write()
}

/** What the phone shows when it scans the code of a device that is too old; `undefined` when it links it. */
export const refusalOfVersion = (
  network: Network,
  account: Account,
  { version }: UnlinkedDevice
): Error | undefined =>
  network.clientVersions.accepts(version, account.leastVersion)
    ? undefined
    : new Error(`could not link device: its version ${formatVersion(version)} is too old`)

/** WhatsApp tells the linked devices until when their version is good (seconds since 1970); without a time it is no longer limited. */
export const announceExpiration = (network: Network, account: Account, at: number | undefined): void => {
  for (const session of network.sessions.values()) {
    if (session.companion?.account !== account) continue
    network.reply(session, element('ib', { from: SERVER_JID }, [element('client_expiration', { t: at })]))
  }
}
