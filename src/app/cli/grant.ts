// Grants a Firebase user accounts of this server: npm run -s grant -- --project P --email E --role agent --account acc-…
import { Effect, Option, Schema } from 'effect'
import { CLAIM_ROLES, type GrantClaim } from '../../domain/grant.ts'
import { FirebaseApp } from '../../services/firebase/app.ts'
import { setGrant, type User } from '../../services/firebase/grants.ts'
import { parseOptions, refuse, runCommand } from './terminal.ts'

const USAGE = `npm run -s grant -- --project P (--email E | --uid U) --role viewer|agent|admin [--account acc-… …]
npm run -s grant -- --project P --email E --none
`

const misused = (text: string): never => refuse(`${text}\n${USAGE}`, 2)

const OPTIONS = {
  project: { type: 'string' },
  email: { type: 'string' },
  uid: { type: 'string' },
  role: { type: 'string' },
  account: { type: 'string', multiple: true },
  none: { type: 'boolean' }
} as const

const userFrom = ({ email, uid }: { email?: string | undefined; uid?: string | undefined }): User => {
  if (email !== undefined && uid === undefined) return { email }
  if (uid !== undefined && email === undefined) return { uid }
  return misused('A project and one user are needed.')
}

const grantFrom = (role: string | undefined, accounts: ReadonlyArray<string>): typeof GrantClaim.Type => {
  const known = Schema.decodeUnknownOption(Schema.Literals(CLAIM_ROLES))(role)
  if (Option.isNone(known)) return misused('The role is viewer, agent or admin.')
  if (known.value !== 'admin' && accounts.length === 0)
    return misused('Name the accounts: --account acc-… --account acc-…')
  return { role: known.value, accounts }
}

export const grant = (args: ReadonlyArray<string>): void => {
  const { account = [], email, none = false, project, role, uid } = parseOptions(args, OPTIONS, USAGE)
  if (project === undefined) return misused('A project and one user are needed.')
  const user = userFrom({ email, uid })
  const granted = none ? null : grantFrom(role, account)
  const program = Effect.gen(function* () {
    const id = yield* setGrant(user, granted)
    process.stdout.write(`${JSON.stringify({ uid: id, backscroll: granted })}\n`)
  }).pipe(Effect.provide(FirebaseApp.layer({ projectId: project })))
  runCommand(program, {
    explain: failure => (failure instanceof Error ? failure.message : String(failure)),
    interrupted: 1
  })
}
