// Why an upload failed. Baileys only logs it, and then says that the upload failed on all hosts.
import { AsyncLocalStorage } from 'node:async_hooks'

interface Upload {
  trouble: string | undefined
}

const current = new AsyncLocalStorage<Upload>()

const LONGEST = 200
const UNTRUSTED = /certificate|self-signed|issuer/i
const TRUST =
  '. NODE_EXTRA_CA_CERTS names the file of an authority that is to be trusted beside the known ones, as of a proxy that reads TLS'

/** Takes a line of Baileys' log: with the trace of an error when it is about the upload of the caller. */
export const noteUploadTrouble = (logged: unknown): void => {
  const upload = current.getStore()
  if (upload === undefined || typeof logged !== 'object' || logged === null || !('trace' in logged)) return
  const [first = ''] = String(logged.trace).split('\n')
  const reason = first.replace(/^\w*Error: /, '').slice(0, LONGEST)
  upload.trouble = UNTRUSTED.test(reason) ? `${reason}${TRUST}` : reason
}

/** Runs an upload; an error of it has the last reason that was logged meanwhile. */
export const withUploadTrouble = <A>(work: () => Promise<A>): Promise<A> => {
  const upload: Upload = { trouble: undefined }
  return current.run(upload, async () => {
    try {
      return await work()
    } catch (cause) {
      throw upload.trouble === undefined ? cause : new Error(upload.trouble, { cause })
    }
  })
}
