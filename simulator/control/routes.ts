// All endpoints of the control port. README.md documents each of them; a test compares the two.
import type { ControlRoute } from './requests.ts'
import { chatRoutes } from './routes/chats.ts'
import { contactRoutes } from './routes/contacts.ts'
import { faultRoutes } from './routes/faults.ts'
import { linkingRoutes } from './routes/linking.ts'
import { phoneRoutes } from './routes/phones.ts'
import { simulatorRoutes } from './routes/simulator.ts'
import { versionRoutes } from './routes/versions.ts'

export const routes: readonly ControlRoute[] = [
  ...simulatorRoutes,
  ...phoneRoutes,
  ...linkingRoutes,
  ...chatRoutes,
  ...contactRoutes,
  ...faultRoutes,
  ...versionRoutes
]
