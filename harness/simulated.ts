// What connects the product with a simulated WhatsApp: the server's settings, and linking an account to a phone.
import type { Simulator } from '../simulator/simulator.ts'
import type { Api } from './api.ts'

export const simulatorSettings = ({
  trustRoot,
  whatsappUrl
}: Simulator): Readonly<Record<string, string>> => ({
  WHATSAPP_URL: whatsappUrl,
  WHATSAPP_TRUST_ROOT: trustRoot
})

/** Creates an account and lets a phone scan its QR code; resolves with the account's id once the phone has linked it. */
export const linkAccount = async (
  api: Api,
  name: string,
  scan: (qr: string, accountId: string) => Promise<unknown>
): Promise<string> => {
  const { accountId } = await api.createAccount(name)
  await api.pair(accountId)
  const { qr } = await api.offer(accountId)
  if (qr === null) throw new Error('The account offers no QR code')
  await scan(qr, accountId)
  return accountId
}
