// `start` and `demo`: what runs on by itself.
import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { Handover } from '../handover.ts'
import { lazily } from '../lazily.ts'
import { dataDirFlag } from '../settings.ts'

/** What the flags say is what the environment says from now on. */
const setAll = (settings: Readonly<Record<string, Option.Option<string | number>>>): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const [name, value] of Object.entries(settings))
      if (Option.isSome(value)) process.env[name] = String(value.value)
  })

export const start = Command.make(
  'start',
  {
    host: Flag.String('host').pipe(
      Flag.withDescription('Address to listen on, instead of HOST'),
      Flag.optional
    ),
    port: Flag.Int('port').pipe(Flag.withDescription('Port to listen on, instead of PORT'), Flag.optional),
    dataDir: dataDirFlag,
    new: Flag.Boolean('new').pipe(
      Flag.withDescription(
        'Begin an empty database in a DATA_DIR that has keys or files, but no database any more'
      ),
      Flag.withDefault(false),
      Flag.withoutNegation
    )
  },
  Effect.fnUntraced(function* ({ dataDir, host, new: beginsEmpty, port }) {
    yield* setAll({ HOST: host, PORT: port, DATA_DIR: dataDir })
    const { serve } = yield* lazily(() => import('../serve.ts'))
    yield* (yield* Handover).to(() => serve({ beginsEmpty }))
  })
).pipe(
  Command.withShortDescription('Run the server until it is told to stop'),
  Command.withDescription(
    'Runs the server until SIGTERM or Ctrl-C. At its first start it prints a generated key, once: keep it.'
  ),
  Command.withExamples([
    { command: 'backscroll start' },
    { command: 'PORT=4000 DATA_DIR=/var/lib/backscroll backscroll start' }
  ])
)

/** The demo is beside the product: the sources of a clone have it in a folder of its own, the bundle in a file. */
const DEMO = new URL(
  import.meta.url.endsWith('.ts') ? '../../../../demo/launch.ts' : './demo.js',
  import.meta.url
).href

export const demo = Command.make(
  'demo',
  {
    chats: Flag.Int('chats').pipe(Flag.withDescription('Chats on the simulated phone'), Flag.withDefault(40)),
    messages: Flag.Int('messages').pipe(
      Flag.withDescription('Messages on the simulated phone'),
      Flag.withDefault(5000)
    ),
    store: Flag.Literals('store', ['sqlite', 'firestore']).pipe(
      Flag.withDescription('With firestore also a local Firestore; in a clone of the repository only'),
      Flag.withDefault('sqlite')
    ),
    exit: Flag.Boolean('exit').pipe(
      Flag.withDescription('Compare every message, send some, print the result, end'),
      Flag.withDefault(false),
      Flag.withoutNegation
    )
  },
  Effect.fnUntraced(function* ({ chats, exit, messages, store }) {
    const [node = '', entry = ''] = process.argv
    const { to } = yield* Handover
    yield* to(() => {
      // It reads its own options.
      process.argv = [
        node,
        entry,
        `--chats=${chats}`,
        `--messages=${messages}`,
        `--store=${store}`,
        ...(exit ? ['--exit'] : [])
      ]
      void import(DEMO)
    })
  })
).pipe(
  Command.withShortDescription('See a simulated phone being synced, without WhatsApp'),
  Command.withDescription(
    'Starts a simulated WhatsApp with a phone, and the server on a temporary folder; links the phone and shows how its conversations are synced. No data leaves this machine.'
  ),
  Command.withExamples([
    { command: 'backscroll demo' },
    { command: 'backscroll demo --exit --messages 20000' }
  ])
)
