// A phone's history made ahead: every chunk is built, compressed and encrypted into a folder before anyone links. For
// measurements, which must not count the time it takes to make up a million messages.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Account } from '../../state/account.ts'
import { buildChunk, compressChunk } from '../../state/history/chunk.ts'
import type { Mailbox } from '../../state/history/mailbox.ts'
import { planChunks, type PreparedChunk } from '../../state/history/plan.ts'
import { decryptMedia, encryptMedia, sha256Of } from '../../state/media/encryption.ts'
import type { Network } from '../../state/network.ts'
import { Random } from '../../state/random.ts'

/** Writes all chunks of a full history to `folder`; devices that link from now on are sent these. */
export const prepareHistory = (
  network: Network,
  account: Account,
  mailbox: Mailbox,
  folder: string
): readonly PreparedChunk[] => {
  const seed = new Random(network.seed, account.phoneNumber, 'prepared')
  const made = planChunks(mailbox, network.syncPlanOf(account), true).map((chunk, place): PreparedChunk => {
    const built = buildChunk(mailbox, chunk)
    const plain = compressChunk(built)
    const mediaKey = seed.bytes(32)
    const encrypted = encryptMedia(plain, mediaKey, 'md-msg-hist')
    const file = join(folder, `chunk-${place}.enc`)
    writeFileSync(file, encrypted)
    return {
      syncType: chunk.syncType,
      chunkOrder: chunk.chunkOrder,
      messages: (built.conversations ?? []).reduce((sum, one) => sum + (one.messages?.length ?? 0), 0),
      file,
      mediaKey,
      fileSha256: sha256Of(plain),
      fileEncSha256: sha256Of(encrypted),
      fileLength: plain.length,
      directPath: `/v/t62.hist/${seed.bytes(16).toString('hex')}.enc`
    }
  })
  for (const { directPath, file } of made) network.media.offer(directPath, () => readFileSync(file))
  network.preparedChunks.set(account, made)
  return made
}

/** The compressed chunk inside a prepared file. */
export const openPrepared = ({ file, mediaKey }: Pick<PreparedChunk, 'file' | 'mediaKey'>): Buffer =>
  decryptMedia(readFileSync(file), mediaKey, 'md-msg-hist')
