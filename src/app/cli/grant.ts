// Grants a Firebase user accounts of this server: npm run -s grant -- --project P --email E --role agent --account acc-…
import { parseArgs } from 'node:util'
import { NodeRuntime } from '@effect/platform-node'
import { Cause, Effect, Exit, Option, Schema } from 'effect'
import { type Grant, ROLES } from '../../domain/grant.ts'
import { FirebaseApp } from '../../services/firebase/app.ts'
import { setGrant, type User } from '../../services/firebase/grants.ts'
import { refuse } from './terminal.ts'

const USAGE = `npm run -s grant -- --project P (--email E | --uid U) --role viewer|agent|admin [--account acc-… …]
npm run -s grant -- --project P --email E --none
`

const misused = (text: string): never => refuse(`${text}\n${USAGE}`.trimEnd(), 2)

const parse = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        project: { type: 'string' },
        email: { type: 'string' },
        uid: { type: 'string' },
        role: { type: 'string' },
        account: { type: 'string', multiple: true, default: [] },
        none: { type: 'boolean', default: false }
      }
    }).values
  } catch (error) {
    return misused(error instanceof Error ? error.message : String(error))
  }
}

const userFrom = ({ email, uid }: { email?: string | undefined; uid?: string | undefined }): User => {
  if (email !== undefined && uid === undefined) return { email }
  if (uid !== undefined && email === undefined) return { uid }
  return misused('A project and one user are needed.')
}

const grantFrom = (role: string | undefined, accounts: ReadonlyArray<string>): Grant => {
  const known = Schema.decodeUnknownOption(Schema.Literals(ROLES))(role)
  if (Option.isNone(known)) return misused('The role is viewer, agent or admin.')
  if (known.value !== 'admin' && accounts.length === 0)
    return misused('Name the accounts: --account acc-… --account acc-…')
  return { role: known.value, accounts }
}

export const grant = (args: ReadonlyArray<string>): void => {
  const { account, email, none, project, role, uid } = parse(args)
  if (project === undefined) return misused('A project and one user are needed.')
  const user = userFrom({ email, uid })
  const granted = none ? null : grantFrom(role, account)
  const program = Effect.gen(function* () {
    const id = yield* setGrant(user, granted)
    process.stdout.write(`${JSON.stringify({ uid: id, backscroll: granted })}\n`)
  }).pipe(Effect.provide(FirebaseApp.layer({ projectId: project })))
  NodeRuntime.runMain(program, {
    disableErrorReporting: true,
    teardown: (exit, onExit) => {
      if (Exit.isSuccess(exit)) return onExit(0)
      const failure = Cause.squash(exit.cause)
      process.stderr.write(`${failure instanceof Error ? failure.message : String(failure)}\n`)
      onExit(1)
    }
  })
}
