// `grant`: what a Firebase user may do on this server.
import { Effect, Option } from 'effect'
import { Command, Flag } from 'effect/cli'
import { CLAIM_ROLES, type GrantClaim } from '../../../domain/grant.ts'
import type { User } from '../../../services/firebase/grants.ts'
import { type CommandFailed, failed, misused, wordsOf } from '../failure.ts'
import { lazily } from '../lazily.ts'
import { onScreen, Screen, screenFlags } from '../screen/screen.ts'

const optionalText = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

const userFrom = (
  email: Option.Option<string>,
  uid: Option.Option<string>
): Effect.Effect<User, CommandFailed> => {
  if (Option.isSome(email) && Option.isNone(uid)) return Effect.succeed({ email: email.value })
  if (Option.isSome(uid) && Option.isNone(email)) return Effect.succeed({ uid: uid.value })
  return Effect.fail(misused('Name one user: --email or --uid'))
}

const grantFrom = (
  role: Option.Option<(typeof CLAIM_ROLES)[number]>,
  accounts: ReadonlyArray<string>
): Effect.Effect<typeof GrantClaim.Type, CommandFailed> => {
  if (Option.isNone(role)) return Effect.fail(misused('Name the role: --role viewer, agent or admin'))
  if (role.value !== 'admin' && accounts.length === 0)
    return Effect.fail(misused('Name the accounts: --account acc-… --account acc-…'))
  return Effect.succeed({ role: role.value, accounts })
}

export const grant = Command.make(
  'grant',
  {
    project: Flag.String('project').pipe(Flag.withDescription('Id of the Firebase project')),
    email: optionalText('email', 'The user with this address'),
    uid: optionalText('uid', 'The user with this id'),
    role: Flag.Literals('role', CLAIM_ROLES).pipe(
      Flag.withDescription('What the user may do'),
      Flag.optional
    ),
    account: Flag.String('account').pipe(
      Flag.withDescription('Id of an account that it is for; can be repeated'),
      Flag.atLeast(0)
    ),
    none: Flag.Boolean('none').pipe(
      Flag.withDescription('Take everything back'),
      Flag.withDefault(false),
      Flag.withoutNegation
    ),
    ...screenFlags
  },
  Effect.fnUntraced(function* ({ account, email, none, project, role, uid }) {
    const user = yield* userFrom(email, uid)
    const granted = none ? null : yield* grantFrom(role, account)
    const [{ FirebaseApp }, { setGrant }] = yield* Effect.all([
      lazily(() => import('../../../services/firebase/app.ts')),
      lazily(() => import('../../../services/firebase/grants.ts'))
    ])
    const id = yield* setGrant(user, granted).pipe(
      Effect.provide(FirebaseApp.layer({ projectId: project })),
      Effect.mapError(failure => failed(wordsOf(failure)))
    )
    const { result } = yield* Screen
    yield* result({ uid: id, backscroll: granted }, () =>
      granted === null ? `${id} may do nothing any more.\n` : `${id} is ${granted.role} now.\n`
    )
  })
).pipe(
  onScreen,
  Command.withShortDescription('Let a Firebase user read and send'),
  Command.withDescription(
    'Sets the claim of a Firebase user that says what they may do (docs/firestore.md).'
  ),
  Command.withExamples([
    { command: 'backscroll grant --project shop --email ann@example.com --role agent --account acc-…' }
  ])
)
