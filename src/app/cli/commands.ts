// All commands, in the order in which somebody needs them.
import { Command } from 'effect/cli'
import { accounts } from './commands/accounts.ts'
import { backup, migrateStore, restore } from './commands/backup.ts'
import { completionsOf } from './commands/completions.ts'
import { doctor } from './commands/doctor.ts'
import { export as exported, importing } from './commands/export.ts'
import { grant } from './commands/grant.ts'
import { keys } from './commands/keys.ts'
import { pair } from './commands/pair.ts'
import { personCommand } from './commands/person.ts'
import { retention } from './commands/retention.ts'
import { search } from './commands/search.ts'
import { send } from './commands/send.ts'
import { demo, start } from './commands/start.ts'
import { tail } from './commands/tail.ts'
import { webhooks } from './commands/webhooks.ts'

const completions = completionsOf(() => backscroll)

export const backscroll = Command.make('backscroll').pipe(
  Command.withDescription(
    'Keeps complete, live copies of WhatsApp conversations in a database that your applications read.'
  ),
  Command.withSubcommands([
    { group: 'Begin', commands: [start, demo, doctor] },
    { group: 'Accounts', commands: [pair, accounts] },
    { group: 'Messages', commands: [send, search, tail, exported] },
    { group: 'Access', commands: [keys, webhooks, grant] },
    { group: 'Data', commands: [backup, restore, importing, migrateStore, retention, personCommand] },
    { group: 'Shell', commands: [completions] }
  ])
)
