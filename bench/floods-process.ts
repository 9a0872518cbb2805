// A simulated WhatsApp with one phone that is flooded, as a process of its own.
import { simulatorSettings } from '../harness/simulated.ts'
import { Simulator } from '../simulator/simulator.ts'
import type { HostileKind } from '../test/attack/hostile-traffic.ts'
import { answer } from './child.ts'
import { FloodScenario } from './flood-scenario.ts'

const simulator = await Simulator.make({ seed: 1 })
const phone = simulator.createPhone({ name: 'Bench', history: { chats: 2, messages: 4, groupsShare: 0 } })
const scenario = new FloodScenario(simulator, phone)

const answers = {
  settings: async (_: null) => simulatorSettings(simulator),
  scan: async (qr: string): Promise<null> => {
    await phone.scanQr(qr)
    return null
  },
  undisturbed: (count: number) => scenario.undisturbed(count),
  flood: ({ count, kind }: { readonly count: number; readonly kind: HostileKind }) =>
    scenario.flood(kind, count)
}
export type FloodsQuestions = typeof answers
answer(answers)
