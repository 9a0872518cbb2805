// The part of the demo that publishes to a local Firestore: what it costs, whether everything is there, and the example application.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Api } from '../harness/api.ts'
import { compare } from '../harness/compare.ts'
import { serveExamplePage } from '../harness/example-page.ts'
import { FirestoreReader } from '../harness/firestore.ts'
import { LocalFirestore } from '../test/firestore/server.ts'

const RULES = readFileSync(join(import.meta.dirname, '..', 'firestore.rules'), 'utf8')

/** The same comparison with what an application reads in Firestore, and what that cost. */
const inFirestore = async (
  { documents: { tally }, host }: LocalFirestore,
  api: Api,
  accountId: string,
  held: Parameters<typeof compare>[2]
) => {
  await api.untilPublished()
  const { deletes, reads, writes } = tally
  await using reader = new FirestoreReader(host)
  const { different, duplicates, messages, missing } = await compare(reader, accountId, held)
  return {
    /** The first of them, in words. */
    differences: different.slice(0, 5),
    counts: {
      messages,
      missing: missing.length,
      duplicates: duplicates.length,
      different: different.length,
      writes,
      deletes,
      reads,
      writesPerMessage: Math.round(((tally.byCollection.get('messages') ?? 0) / messages) * 1000) / 1000
    }
  }
}

/** Google's protocol on this machine, in memory: nothing leaves it. */
export const startFirestore = async () => {
  const firestore = await LocalFirestore.start({ rules: RULES })
  return {
    settings: FirestoreReader.settings(firestore.host),
    compared: (api: Api, accountId: string, held: Parameters<typeof compare>[2]) =>
      inFirestore(firestore, api, accountId, held),
    /** The address of the example application. */
    showExample: async (accountId: string): Promise<string> => {
      const claims = { backscroll: { role: 'agent', accounts: [accountId] } }
      const { url } = await serveExamplePage(await firestore.openToBrowsers(), { account: accountId, claims })
      return url
    },
    stop: () => firestore.stop()
  }
}
