// `send`: puts a message into the outbox and tells what became of it.
import { basename } from 'node:path'
import { constants, openAsBlob } from 'node:fs'
import { access } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { Effect, Option } from 'effect'
import { Argument, Command, Flag } from 'effect/cli'
import type { InputOf, ResultOf } from '../../../client/index.ts'
import { type CommandFailed, misused } from '../failure.ts'
import { cannotBeRead } from '../files.ts'
import { withProgress } from '../screen/progress.ts'
import { onScreen, Screen, screenFlags } from '../screen/screen.ts'
import { plain } from '../screen/style.ts'
import { facts } from '../screen/table.ts'
import { serverFlags } from '../server/address.ts'
import { onServer, Server } from '../server/server.ts'
import { Surroundings } from '../surroundings.ts'

const optionalText = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

const FLAGS = {
  to: optionalText('to', 'Phone number with country code, or jid'),
  thread: optionalText('thread', 'Id of a thread, instead of --to'),
  account: optionalText('account', 'Id or name of the account; needed if there are several'),
  file: Flag.File('file', { mustExist: true }).pipe(
    Flag.withDescription('A file of this machine; the text is its caption'),
    Flag.optional
  ),
  type: Flag.Literals('type', ['image', 'video', 'audio', 'voice', 'document', 'sticker']).pipe(
    Flag.withDescription('What the file is sent as; by its content otherwise'),
    Flag.optional
  ),
  replyTo: optionalText('reply-to', 'messageId of the message that this one answers'),
  at: optionalText('at', 'When to send it: ISO 8601 with its zone, such as 2027-01-31T09:00:00Z'),
  idempotencyKey: optionalText('idempotency-key', 'The same key sends once only, for 24 hours'),
  wait: Flag.Literals('wait', ['accepted', 'sent', 'delivered']).pipe(
    Flag.withDescription('How far it has to be before this command ends'),
    Flag.withDefault('sent')
  ),
  timeout: optionalText('timeout', 'How long to wait for that, from 1ms to 2m; 30s otherwise')
}

type Body = InputOf<'outbox.send'>['body']

interface Content {
  readonly fields: Readonly<Record<string, string>>
  readonly file: Option.Option<string>
  readonly text: string
}

const formOf = ({ fields, text }: Content, file: string): Effect.Effect<Body, CommandFailed> =>
  Effect.tryPromise({
    try: async () => {
      // A blob is read while it is sent; that it cannot be is told before.
      await access(file, constants.R_OK)
      const form = new FormData()
      for (const [name, value] of Object.entries(fields)) form.append(name, value)
      if (text !== '') form.append('caption', text)
      form.append('file', await openAsBlob(file), basename(file))
      return form
    },
    catch: cause => misused(cannotBeRead(file, cause))
  })

const bodyOf = (content: Content): Effect.Effect<Body, CommandFailed> => {
  const { fields, file, text } = content
  if (Option.isSome(file)) return formOf(content, file.value)
  if (text === '')
    return Effect.fail(misused('There is nothing to send: give a text, - for standard input, or --file'))
  return Effect.succeed({ ...fields, text })
}

const standardInput = Surroundings.pipe(
  Effect.flatMap(({ stdin }) => Effect.promise(() => readAll(stdin))),
  Effect.map(read => read.replace(/\n$/, ''))
)

/** The fields that are given, by the names of the API. */
const given = (fields: Readonly<Record<string, Option.Option<string>>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value]] : []))
  )

const show = (sent: ResultOf<'outbox.send'>) =>
  Effect.flatMap(Screen, screen =>
    screen.result(sent, ({ style }) =>
      facts(
        [
          ['status', ('messageStatus' in sent ? sent.messageStatus : null) ?? sent.status],
          ['thread', plain(sent.threadId)],
          ['message', sent.messageId],
          ['entry', sent.entryId]
        ],
        style
      )
    )
  )

export const send = Command.make(
  'send',
  {
    text: Argument.String('text').pipe(
      Argument.withDescription('What to send; - reads it from standard input'),
      Argument.optional
    ),
    ...FLAGS,
    ...serverFlags,
    ...screenFlags
  },
  Effect.fnUntraced(function* ({
    account,
    at,
    file,
    idempotencyKey,
    replyTo,
    text,
    thread,
    timeout,
    to,
    type,
    wait
  }) {
    if (Option.isSome(to) === Option.isSome(thread))
      return yield* misused('Name the recipient: --to a number or jid, or --thread an id')
    if (Option.isSome(type) && Option.isNone(file))
      return yield* misused('--type says what a file is sent as: name the file with --file')
    if (Option.isSome(timeout) && wait === 'accepted')
      return yield* misused('--timeout is for --wait sent and --wait delivered')
    const fields = given({ to, threadId: thread, replyTo, sendAt: at, idempotencyKey, type })
    const words = Option.getOrElse(text, () => '')
    const body = yield* bodyOf({ fields, file, text: words === '-' ? yield* standardInput : words })
    const server = yield* Server
    const { accountId } = yield* server.account(account)
    const waiting = wait === 'accepted' ? {} : { wait, ...given({ timeout }) }
    const sent = yield* withProgress(
      server.ask((client, options) => client.call('outbox.send', { accountId, ...waiting, body }, options)),
      wait === 'delivered' ? 'Waiting for the recipient' : 'Waiting for WhatsApp'
    )
    yield* show(sent)
    const { say } = yield* Screen
    if (wait !== 'accepted' && sent.status === 'queued')
      yield* say('It is not sent yet: it waits until the account is online, or may send.')
  })
).pipe(
  onServer,
  onScreen,
  Command.withDescription('Send a text or a file'),
  Command.withExamples([
    { command: 'backscroll send --to +15550100200 "Your bicycle is ready"' },
    { command: 'backscroll send --to +15550100200 --file cat.jpg "Our cat"' },
    { command: 'date | backscroll send --to +15550100200 -' }
  ])
)
