// Grants a Firebase user accounts of this server: npm run -s grant -- --project P --email E --role agent --account acc-…
import { parseArgs } from 'node:util'
import { initializeApp } from 'firebase-admin/app'
import { getAuth } from 'firebase-admin/auth'

const USAGE = `npm run -s grant -- --project P (--email E | --uid U) --role viewer|agent|admin [--account acc-… …]
npm run -s grant -- --project P --email E --none
`
const refuse = text => {
  process.stderr.write(`${text}\n${USAGE}`)
  process.exit(2)
}
const asked = () => {
  try {
    return parseArgs({
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
    return refuse(error.message)
  }
}
const { account, email, none, project, role, uid } = asked()
if (project === undefined || (email === undefined) === (uid === undefined))
  refuse('A project and one user are needed.')
if (!none && !['viewer', 'agent', 'admin'].includes(role)) refuse('The role is viewer, agent or admin.')
if (!none && role !== 'admin' && account.length === 0)
  refuse('Name the accounts: --account acc-… --account acc-…')

const auth = getAuth(initializeApp({ projectId: project }))
try {
  const user = email === undefined ? await auth.getUser(uid) : await auth.getUserByEmail(email)
  const { backscroll: _, ...others } = user.customClaims ?? {}
  await auth.setCustomUserClaims(
    user.uid,
    none ? others : { ...others, backscroll: { role, accounts: account } }
  )
  process.stdout.write(
    `${JSON.stringify({ uid: user.uid, backscroll: none ? null : { role, accounts: account } })}\n`
  )
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
