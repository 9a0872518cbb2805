// Writes docs/events.md and the JSON Schemas in docs/events/ from the catalogue of events. Run it after changing one; a test compares.
// A schema that consumers may rely on is not overwritten by one that takes something away: that is another version.
import './needs-node.cjs'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const { CATALOGUE, EVENT_KINDS } = await import('../src/domain/events/catalogue.ts')
const { cloudEvent } = await import('../src/domain/cloud-event.ts')
const { OPENED_TYPE } = await import('../src/domain/events/server-events.ts')
const { AT } = await import('../src/domain/examples.ts')
const { eventDataSchema } = await import('../src/http/resources/events/schemas.ts')

const DOCS = join(import.meta.dirname, '..', 'docs')
const SCHEMAS = join(DOCS, 'events')

const fileOf = kind => `${kind}.${CATALOGUE[kind].version}.json`

const written = schema => `${JSON.stringify(schema, null, 2)}\n`

/** Every schema by the name of its file. */
export const schemas = () =>
  Object.fromEntries(EVENT_KINDS.map(kind => [fileOf(kind), written(eventDataSchema(kind))]))

/** What a consumer of the one schema would miss in the other, as paths. */
export const missing = (before, now, path = '') => {
  if (typeof before !== 'object' || before === null) return before === now ? [] : [path]
  if (typeof now !== 'object' || now === null) return [path]
  return Object.entries(before).flatMap(([key, value]) => {
    const at = `${path}/${key}`
    if (['description', 'title', 'examples', '$id'].includes(key) && !path.endsWith('/properties')) return []
    // Other values may come, and other fields may be there.
    if ((key === 'enum' || key === 'required') && Array.isArray(value))
      return value.filter(one => !now[key]?.includes(one)).map(one => `${at}/${one}`)
    if (!(key in now)) return [at]
    return missing(value, now[key], at)
  })
}

const example = kind => {
  const { example: data, isDurable } = CATALOGUE[kind]
  const accountId = 'accountId' in data ? data.accountId : null
  const id = isDurable || kind === OPENED_TYPE ? '4711' : 'now-6e0f9a52-4d8e-4a11-9d39-0b6d2f0f1c11'
  return cloudEvent({ id, kind, accountId, at: AT }, data)
}

const section = kind => {
  const { isDurable, role, version, when } = CATALOGUE[kind]
  const facts = [
    `Version ${version}`,
    isDurable ? 'kept for `EVENTS_KEEP`' : 'told as it happens, kept nowhere',
    ...(role === 'viewer' ? [] : [`for the role ${role} and above`]),
    `[JSON Schema](events/${fileOf(kind)})`
  ]
  return `### \`${kind}\`

${when}. ${facts.join(' · ')}.

\`\`\`json
${JSON.stringify(example(kind).data, null, 2)}
\`\`\`
`
}

const table = [
  '| type | when | kept |',
  '| --- | --- | --- |',
  ...EVENT_KINDS.map(
    kind =>
      `| [\`${kind}\`](#${kind.replaceAll('.', '').toLowerCase()}) | ${CATALOGUE[kind].when} | ${CATALOGUE[kind].isDurable ? 'yes' : 'no'} |`
  )
].join('\n')

const envelope = { ...example('thread.changed'), data: { '…': '…' } }

export const document = () => `# Events

<!-- Made by \`npm run events\` from src/domain/events. -->

Everything that happens is an event: [CloudEvents 1.0](https://cloudevents.io) in structured JSON, the same on every way out.

| way | for |
| --- | --- |
| \`GET /v1/events\` (server-sent events) | browsers and scripts that stay connected |
| \`GET /v1/events/socket\` (WebSocket) | the same, one event a message |
| [webhooks](webhooks.md) | servers that want to be called |
| [\`backscroll/client\`](client.md#events) | code: an iterator that reconnects by itself |

\`\`\`json
${JSON.stringify(envelope, null, 2)}
\`\`\`

- **Written with the change.** An event that is kept is written in the transaction that made the change: neither exists without the other. Its \`id\` is a number that grows.
- **As it is now.** What an event is about is added when the event is delivered, so that no event tells what was deleted since; it is \`null\` when it is gone. Fields beside it, such as \`status\` of \`outbox.changed\`, say what was so when it happened.
- **One event for one change.** A live message is one \`message.stored\`; what else changes with it in the thread is one \`thread.changed\`. Messages and contacts of a history have none: a thread changes once for each part of the history. An address book that comes in as a whole is one \`contact.imported\`.
- **Bodies** of more than 4,096 characters are cut, and \`bodyShortened\` is true.
- **New fields and new types** come without a new version: ignore what you do not know. What is taken away or means something else is a new version of its type, which the end of \`dataschema\` names.

## Which events, and from where on

All ways have the same filters: accounts (\`accountId\`), types (\`types=message.*,thread.changed\`) and threads (\`threadId\`), each one or several, separated by commas. A key that is limited to accounts has to name them (403 otherwise); types that it may not hear are left out, and so is what its role may not hear. Streams without a filter, and webhooks whose \`types\` or \`threadIds\` are empty, get all that the key may hear. What does not exist is refused (400, 404), by all with the same problem. A thread that became a part of another one is followed there, under either id.

\`\`\`sh
curl -N -H "Authorization: Bearer $KEY" "http://127.0.0.1:3000/v1/events?types=message.*&after=4711"
\`\`\`

\`after\`, or the header \`Last-Event-ID\` that browsers send and that counts more, goes on after an event; without it, events start now. A stream of server-sent events begins with its place (\`id:\` without an event), so that a client whose connection ends before the first event goes on there. What is no number is refused (400). Events whose \`id\` is no number are told as they happen: they have no \`id:\` line in server-sent events, and nobody can go on from them.
Events are kept for \`EVENTS_KEEP\` (a week). What is not there is told by \`events.missed\`, to everybody, whatever their filters: read anew what you need.

| \`events.missed\` | comes when |
| --- | --- |
| \`after\` is your place, and \`upTo\` is above it | You were away for longer than events are kept. |
| \`until\` is set, on a stream | The server was started on an older copy of its database ([backup.md](backup.md)). What you were told after the event \`after\` is not in it; messages come in again from the phones, as history. Numbers go on far above all that were given, so none means two events. |
| \`upTo\` is below \`after\` | This server's log has never come to your place: it is another server's, or a folder that was copied as a whole. |

Its \`id\` is where to go on, as with any other.

**WebSocket:** each message is one event. The first one is \`stream.opened\`, whose \`id\` is the place of the stream: keep the newest \`id\` that is a number, and nothing is lost, also when the connection ends before anything has happened. (Whose place is beyond the log gets \`events.missed\` instead.) What the client sends is ignored; more than 1,000 bytes in a message end the connection (1009). The key is sent in a header, as everywhere; in browsers, which cannot, as a protocol: \`new WebSocket(url, ['backscroll.events', 'backscroll.key.' + base64url(key)])\`. The server pings every 30 seconds.
It closes with 1001 when it stops, 1013 when the database is unavailable, and 4003 when the key has expired or was revoked.

## Types

${table}

\`GET /events/schemas\` lists them; \`/events/schemas/{type}/{version}\` are the JSON Schemas of \`data\`, and the [OpenAPI document](http://127.0.0.1:3000/docs) has each as a whole (\`Event\`).

${EVENT_KINDS.map(section).join('\n')}`

if (process.argv[1] === import.meta.filename) {
  mkdirSync(SCHEMAS, { recursive: true })
  const all = schemas()
  const broken = readdirSync(SCHEMAS).flatMap(name => {
    const before = JSON.parse(readFileSync(join(SCHEMAS, name), 'utf8'))
    return all[name] === undefined
      ? []
      : missing(before, JSON.parse(all[name])).map(path => `${name}: ${path}`)
  })
  if (broken.length > 0) {
    process.stderr.write(
      `These parts of published schemas are gone; raise the version of their events:\n${broken.join('\n')}\n`
    )
    process.exit(1)
  }
  for (const [name, text] of Object.entries(all)) {
    const file = join(SCHEMAS, name)
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
  }
  writeFileSync(join(DOCS, 'events.md'), document())
}
