// Writes docs/coverage-of-whatsapp.md from the tables that the converters go by. Run it after changing one; a test compares.
import './needs-node.cjs'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const { OTHERWISE_LEFT_OUT } = await import('../src/services/whatsapp/kinds/left-out.ts')
const { MESSAGE_FIELDS, NEWER_MESSAGE_FIELDS } =
  await import('../src/services/whatsapp/kinds/message-fields.ts')
const { NEWER_PROTOCOL_TYPES, PROTOCOL_TYPES } =
  await import('../src/services/whatsapp/kinds/protocol-types.ts')
const { ENCRYPTIONS, NOTIFICATIONS, STANZAS } = await import('../src/services/whatsapp/kinds/stanzas.ts')

const FILE = join(import.meta.dirname, '..', 'docs', 'coverage-of-whatsapp.md')

const OUTCOMES = {
  message: 'a message',
  envelope: 'an envelope',
  event: 'an event of the chat',
  change: 'a change',
  information: 'information',
  unsupported: '`unsupported:…`',
  nothing: 'no trace'
}

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

const row = ([name, { becomes, outcome, since }], number) => [
  `\`${name}\``,
  ...(number === undefined ? [] : [number]),
  OUTCOMES[outcome],
  becomes,
  since
]

const byNumber = (numberOf, ...kinds) =>
  table(
    ['kind', 'number', 'is', 'becomes', 'since'],
    kinds
      .flatMap(one => Object.entries(one))
      .toSorted(([, one], [, other]) => numberOf(one) - numberOf(other))
      .map(entry => row(entry, numberOf(entry[1])))
  )

const plain = kinds =>
  table(
    ['kind', 'is', 'becomes', 'since'],
    Object.entries(kinds).map(entry => row(entry))
  )

const everything = [
  MESSAGE_FIELDS,
  NEWER_MESSAGE_FIELDS,
  PROTOCOL_TYPES,
  NEWER_PROTOCOL_TYPES,
  OTHERWISE_LEFT_OUT
]

const leftOut = table(
  ['kind', 'reason'],
  everything
    .flatMap(kinds => Object.entries(kinds))
    .filter(([, { outcome }]) => outcome === 'nothing')
    .map(([name, { becomes }]) => [`\`${name}\``, becomes])
)

const text = `# Coverage of WhatsApp

Everything that WhatsApp sends, what becomes of it here, and since which version. This page is generated (\`npm run coverage-of-whatsapp\`)
from the tables in \`src/services/whatsapp/kinds/\`, which the converters go by; tests compare both with the converters and with
WhatsApp's protobuf.

What arrives becomes a message (its type is named), an event of the chat (a message of type \`system\`), a change of a message, or information for the
server. An envelope is opened, up to eight deep. What this version does not understand becomes a message of type \`unsupported:<field>\` with its
protobuf; \`backscroll_messages_unsupported_total{kind}\` counts it, and one incident for each kind asks to report it. The rest leaves no trace, for the
reasons in the [last table](#what-leaves-no-trace).

## Fields of a message

A field that is not listed becomes \`unsupported:field<number>\`.

${byNumber(({ field }) => field, MESSAGE_FIELDS, NEWER_MESSAGE_FIELDS)}

## Types of protocol messages

A type that is not listed leaves no document; it is counted and reported as \`protocol<number>\`.

${byNumber(({ type }) => type, PROTOCOL_TYPES, NEWER_PROTOCOL_TYPES)}

## Stanzas

A stanza that is not listed is acknowledged, counted and reported as \`stanza:<tag>\`.

${plain(STANZAS)}

## Kinds of encryption

${plain(ENCRYPTIONS)}

## Notifications

A notification that is not listed is acknowledged, counted and reported as \`notification:<type>\`.

${plain(NOTIFICATIONS)}

## What leaves no trace

${leftOut}
`

/** The document as it has to be. */
export const written = () => text

if (process.argv[1] === import.meta.filename) writeFileSync(FILE, text)
