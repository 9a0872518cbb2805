// History to the beginning: what link-time history did not bring is fetched from the phone, and coverage says how far.
import { expect, test } from 'vitest'
import { compare } from '../../harness/compare.ts'
import { sharedStage } from './stage.ts'

const shared = sharedStage({ WHATSAPP_BACKFILL_COUNT: '0' })
const NOTHING_WRONG = { missing: [], duplicates: [], different: [] }

test('a chat of 5,000 messages of which history gave 200 is complete after the backfill', async () => {
  const stage = shared()
  const { phone, accountId } = await stage.linkedPartly(200, {
    history: { chats: 1, messages: 5000, groupsShare: 0, mediaShare: 0, pushPerChat: 200 }
  })
  const [thread] = await stage.api.threads(accountId)
  const [job] = await stage.api.jobs(accountId)
  const done = await stage.api.untilJob(accountId, job!.jobId)
  expect(done).toMatchObject({ origin: 'automatic', parts: 1, partsDone: 1, messages: 4800 })
  expect(await stage.api.coverage(thread!.threadId)).toMatchObject({
    state: 'complete',
    messages: 5000,
    beginningReached: true,
    gaps: [],
    requests: []
  })
  expect(await compare(stage.api, accountId, phone.truth().messages)).toMatchObject(NOTHING_WRONG)
})
