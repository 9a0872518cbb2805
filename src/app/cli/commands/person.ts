// `person`: everything that an account has of one person, exported or erased.
import { Effect, Option } from 'effect'
import { Argument, Command, Flag } from 'effect/cli'
import type { ResultOf } from '../../../client/index.ts'
import { download, isLastLine } from '../download.ts'
import { misused } from '../failure.ts'
import { listing } from '../screen/listing.ts'
import { withProgress } from '../screen/progress.ts'
import { type Canvas, onScreen, Screen, screenFlags } from '../screen/screen.ts'
import { plain, sizeText, timeOr } from '../screen/style.ts'
import { facts } from '../screen/table.ts'
import { serverFlags } from '../server/address.ts'
import { onServer, Server } from '../server/server.ts'
import { confirmed } from '../typed.ts'

type Erasure = ResultOf<'personalData.erasure'>

const person = Argument.String('person').pipe(
  Argument.withDescription('Phone number with country code, or an address of the person')
)

const account = Flag.String('account').pipe(
  Flag.withDescription('Id or name of the account; needed if there are several'),
  Flag.optional
)

const flags = { account, ...serverFlags, ...screenFlags }

/** The record with which a zip ends; a comment may follow it, which ours do not have. */
const END_OF_ZIP = Buffer.from([0x50, 0x4b, 0x05, 0x06])
const END_BYTES = 22

const isEndOfZip = (tail: Buffer): boolean =>
  tail.length >= END_BYTES && tail.subarray(-END_BYTES).subarray(0, END_OF_ZIP.length).equals(END_OF_ZIP)

const take = Command.make(
  'export',
  {
    person,
    file: Argument.String('file').pipe(
      Argument.withDescription('A file that does not exist yet; with --lines standard output otherwise'),
      Argument.optional
    ),
    lines: Flag.Boolean('lines').pipe(
      Flag.withDescription('JSON Lines without the files, instead of a zip with them'),
      Flag.withDefault(false),
      Flag.withoutNegation
    ),
    ...flags
  },
  Effect.fnUntraced(function* ({ account: named, file, lines, person: who }) {
    if (Option.isNone(file) && !lines)
      return yield* misused('Name the file to make, such as person.zip, or say --lines')
    const [screen, server] = [yield* Screen, yield* Server]
    const { accountId } = yield* server.account(named)
    const input = { accountId, body: { person: who } }
    const bytes = yield* lines
      ? download(
          server.ask(client => client.call('personalData.export', input)),
          file,
          isLastLine
        )
      : download(
          server.ask(client => client.call('personalData.archive', input)),
          file,
          isEndOfZip
        )
    if (Option.isSome(file)) {
      const target = file.value
      yield* lines
        ? screen.say(`${sizeText(bytes)} in ${target}`)
        : screen.result({ file: target, bytes }, () => `${sizeText(bytes)} in ${target}\n`)
    }
  })
).pipe(
  onServer,
  onScreen,
  Command.withDescription(
    'Write everything that an account has of a person into a zip: person.jsonl, and the files of the messages that are stored. Ends with 1 and makes no file when the account has nothing about the person'
  ),
  Command.withExamples([{ command: 'backscroll person export +15550100200 person.zip' }])
)

const removedFrom = ({ removed }: Erasure): ReadonlyArray<readonly [string, string]> => [
  ['messages of the conversation', String(removed.messages)],
  ['messages elsewhere', String(removed.groupMessages)],
  ['files', String(removed.files)],
  ["others' messages changed", String(removed.changedMessages)],
  ['quotes emptied', String(removed.quotes)],
  ...Object.entries(removed.rows).map(([table, count]) => [`rows of ${table}`, String(count)] as const)
]

const isNothing = ({ removed: { rows, ...counts } }: Erasure): boolean =>
  Object.keys(rows).length === 0 && Object.values(counts).every(count => count === 0)

const remainsIn = ({ remains }: Erasure): string =>
  remains
    .map(({ count, what, why }) => `- ${plain(what)}${count === null ? '' : ` (${count})`}. ${plain(why)}\n`)
    .join('')

const report = (erasure: Erasure, { style }: Canvas): string => {
  const facing = facts(
    [
      ['erasure', erasure.erasureId],
      ['status', erasure.status],
      ['asked for', timeOr(erasure.requestedAt)],
      ['done', timeOr(erasure.endedAt)]
    ],
    style
  )
  const removed = `\nRemoved\n${facts(removedFrom(erasure), style)}`
  return erasure.remains.length === 0
    ? facing + removed
    : `${facing}${removed}\nWhat remains, and why\n${remainsIn(erasure)}`
}

const LOOK_EVERY = '500 millis'

const untilDone = Effect.fnUntraced(function* ({ accountId, erasureId }: Erasure) {
  const server = yield* Server
  let removed = 0
  const looking = server
    .ask((client, options) => client.call('personalData.erasure', { accountId, erasureId }, options))
    .pipe(
      Effect.tap(({ removed: { groupMessages, messages } }) =>
        Effect.sync(() => {
          removed = messages + groupMessages
        })
      ),
      Effect.tap(({ status }) => (status === 'done' ? Effect.void : Effect.sleep(LOOK_EVERY))),
      Effect.repeat({ until: ({ status }) => status === 'done' })
    )
  return yield* withProgress(looking, () => `Erasing: ${removed} messages so far`)
})

const erase = Command.make(
  'erase',
  {
    person,
    confirm: Flag.String('confirm').pipe(
      Flag.withDescription('The person once more: it cannot be taken back. A terminal is asked otherwise'),
      Flag.withMetavar('person'),
      Flag.optional
    ),
    ...flags
  },
  Effect.fnUntraced(function* ({ account: named, confirm, person: who }) {
    const [screen, server] = [yield* Screen, yield* Server]
    const { accountId, name } = yield* server.account(named)
    yield* confirmed({
      expected: who,
      given: confirm,
      warning: `This erases everything that ${plain(name)} (${accountId}) has of ${plain(who)}, and cannot be taken back.`
    })
    const begun = yield* server.ask((client, options) =>
      client.call('personalData.erase', { accountId, body: { person: who } }, options)
    )
    if (!screen.json)
      yield* screen.say(`${begun.erasureId} is under way; it goes on when this command is ended.`)
    const done = yield* untilDone(begun)
    yield* screen.result(done, canvas => report(done, canvas))
    if (isNothing(done))
      yield* screen.say(
        `Nothing about ${plain(who)} was found in ${plain(name)}: check the number. What histories bring of this person later is not stored.`
      )
  })
).pipe(
  onServer,
  onScreen,
  Command.withDescription(
    'Erase everything that an account has of a person, and keep histories from bringing it back; prints what was removed and what remains'
  ),
  Command.withExamples([
    { command: 'backscroll person erase +15550100200' },
    { command: 'backscroll person erase +15550100200 --confirm +15550100200 --json > report.json' }
  ])
)

const erasures = Command.make(
  'erasures',
  flags,
  Effect.fnUntraced(function* ({ account: named }) {
    const server = yield* Server
    const { accountId } = yield* server.account(named)
    const found = yield* server.ask((client, options) =>
      client.call('personalData.erasures', { accountId }, options)
    )
    yield* listing<Erasure>(found.erasures, {
      headings: ['erasure', 'status', 'asked for', 'done', 'messages'],
      row: ({ endedAt, erasureId, removed, requestedAt, status }) => [
        erasureId,
        status,
        timeOr(requestedAt),
        timeOr(endedAt),
        String(removed.messages + removed.groupMessages)
      ],
      none: 'Nobody was erased from this account.'
    })
  })
).pipe(onServer, onScreen, Command.withDescription('List the erasures of an account, newest first'))

const erasure = Command.make(
  'erasure',
  {
    erasureId: Argument.String('erasure-id').pipe(
      Argument.withDescription('Id of the erasure, as erasures lists it')
    ),
    ...flags
  },
  Effect.fnUntraced(function* ({ account: named, erasureId }) {
    const [screen, server] = [yield* Screen, yield* Server]
    const { accountId } = yield* server.account(named)
    const found = yield* server.ask((client, options) =>
      client.call('personalData.erasure', { accountId, erasureId }, options)
    )
    yield* screen.result(found, canvas => report(found, canvas))
  })
).pipe(onServer, onScreen, Command.withDescription('Show the report of an erasure'))

export const personCommand = Command.make('person').pipe(
  Command.withShortDescription("One person's data: exported, or erased"),
  Command.withDescription(
    "One person's data (GDPR): everything that an account has of them is exported, or erased with a report."
  ),
  Command.withSubcommands([take, erase, erasures, erasure])
)
