// `backup` and `restore` of a data folder, and `migrate-store` between the stores.
import { Effect, Option } from 'effect'
import { Argument, Command, Flag } from 'effect/cli'
import { misused } from '../failure.ts'
import { lazily } from '../lazily.ts'
import { withProgress } from '../screen/progress.ts'
import { onScreen, Screen, screenFlags } from '../screen/screen.ts'
import { localTime, sizeText } from '../screen/style.ts'
import { facts, table } from '../screen/table.ts'
import { dataDirFlag, settingsFor } from '../settings.ts'

const folder = (description: string) => Argument.String('folder').pipe(Argument.withDescription(description))

const keyFlag = (description: string) =>
  Flag.String('key').pipe(Flag.withDescription(description), Flag.withMetavar('file'), Flag.optional)

export const backup = Command.make(
  'backup',
  {
    folder: folder('A folder that does not exist, or is empty'),
    key: keyFlag('Also write the vault key, to a file of its own: keep it apart from the backup'),
    dataDir: dataDirFlag,
    ...screenFlags
  },
  Effect.fnUntraced(function* ({ dataDir, folder: target, key }) {
    const config = yield* settingsFor(dataDir)
    const { backUp } = yield* lazily(() => import('../offline/backup.ts'))
    const keyFile = Option.getOrUndefined(key)
    const screen = yield* Screen
    const made = yield* withProgress(
      backUp(config, { folder: target, keyFile }),
      'Copying, then reading the copy'
    )
    yield* screen.result(made, ({ style }) =>
      facts(
        [
          ['backup', made.folder],
          ['database', sizeText(made.database.bytes)],
          ...Object.entries(made.database.rows).map(([name, count]) => [name, String(count)] as const),
          ['files', `${made.files.count} (${sizeText(made.files.bytes)})`],
          ['vault key', made.key ?? 'not copied']
        ],
        style
      )
    )
    if (keyFile === undefined)
      yield* screen.say(
        'The vault key is not in the backup: without it the accounts have to be linked again. Keep it apart (--key FILE).'
      )
    for (const file of made.damagedFiles) yield* screen.say(`${file} is damaged and was left out.`)
  })
).pipe(
  onScreen,
  Command.withShortDescription('Copy the data folder; the server may run'),
  Command.withDescription(
    'Copies the database, received files and files that wait to be sent into a new folder, and reads the copy completely. The server may run meanwhile (docs/backup.md).'
  ),
  Command.withExamples([{ command: 'backscroll backup --key /safe/backscroll.key /backups/2026-11-29' }])
)

export const restore = Command.make(
  'restore',
  {
    folder: folder('What backup made'),
    key: keyFlag('The file with the vault key'),
    dataDir: dataDirFlag,
    ...screenFlags
  },
  Effect.fnUntraced(function* ({ dataDir, folder: source, key }) {
    const config = yield* settingsFor(dataDir)
    const offline = yield* lazily(() => import('../offline/backup.ts'))
    const place = { folder: source, keyFile: Option.getOrUndefined(key) }
    const restored = yield* withProgress(offline.restore(config, place), 'Checking the backup, then copying')
    const { result } = yield* Screen
    yield* result(restored, ({ style }) =>
      facts(
        [
          ['restored to', restored.dataDir],
          ['made', localTime(restored.madeAt)],
          ['database', sizeText(restored.bytes)],
          ...Object.entries(restored.rows).map(([name, count]) => [name, String(count)] as const)
        ],
        style
      )
    )
  })
).pipe(
  onScreen,
  Command.withShortDescription('Put a backup into the data folder; the server must not run'),
  Command.withDescription(
    'Puts a backup into DATA_DIR. The database that is there is set aside, not removed. The next start recognises the copy and asks the phones for what came since (docs/backup.md).'
  ),
  Command.withExamples([{ command: 'backscroll restore --key /safe/backscroll.key /backups/2026-11-29' }])
)

const STORES = ['sqlite', 'firestore'] as const

export const migrateStore = Command.make(
  'migrate-store',
  {
    from: Flag.Literals('from', STORES).pipe(Flag.withDescription('Where it is')),
    to: Flag.Literals('to', STORES).pipe(Flag.withDescription('Where it is copied to')),
    account: Flag.String('account').pipe(
      Flag.withDescription('From Firestore: only this account; can be repeated'),
      Flag.atLeast(0)
    ),
    dataDir: dataDirFlag,
    ...screenFlags
  },
  Effect.fnUntraced(function* ({ account, dataDir, from, to }) {
    if (from === to) return yield* misused('--from and --to name the same store')
    const config = yield* settingsFor(dataDir)
    const [offline, { isComplete }, { describeNotCopied }] = yield* Effect.all([
      lazily(() => import('../offline/migrate-store.ts')),
      lazily(() => import('../../../services/firestore/migrate/report.ts')),
      lazily(() => import('../../../services/firestore/migrate/not-copied.ts'))
    ])
    const screen = yield* Screen
    const report = yield* offline.migrateStore(config, to, account)
    yield* screen.result(
      report,
      canvas =>
        table(
          ['collection', 'sqlite', 'firestore'],
          Object.entries(report.counts).map(([name, { firestore, sqlite }]) => [
            name,
            String(sqlite),
            String(firestore)
          ]),
          canvas
        ) + `${report.equal} equal, ${report.different} different, ${report.missing} missing\n`
    )
    if (to === 'sqlite') yield* screen.say(describeNotCopied().trimEnd())
    if (!isComplete(report)) return yield* offline.incomplete
  })
).pipe(
  onScreen,
  Command.withShortDescription('Copy what is stored to Firestore, or back'),
  Command.withDescription(
    'Copies accounts, threads, messages, contacts and incidents, then compares both sides document by document. The server must not run on DATA_DIR meanwhile. What ends it half-way only delays it: run it again (docs/firestore.md).'
  ),
  Command.withExamples([{ command: 'backscroll migrate-store --from sqlite --to firestore' }])
)
