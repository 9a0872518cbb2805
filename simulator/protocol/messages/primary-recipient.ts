// A primary device (of a phone or a contact) gets a message from a linked device: it decrypts it with its own Signal session,
// records the plaintext in the truth, and answers with receipts, or with a retry receipt when it cannot decrypt.
import { encodeBigEndian, type proto } from '@whiskeysockets/baileys'
import { writeBundle } from '../../signal/key-bundle.ts'
import type { Account } from '../../state/account.ts'
import { isMessage } from '../../state/messages/content.ts'
import type { Network } from '../../state/network.ts'
import { type BinaryNode, bytesOf, element } from '../../wire/binary-node.ts'
import { STATUS_JID } from '../../wire/jid.ts'
import { answerPeerMessage } from '../history/peer-requests.ts'
import type { Envelope } from './envelope.ts'
import { sendReceipts } from './primary-receipts.ts'
import { recordDecrypted } from './received.ts'

const RETRY_LIMIT = 5

/** The message is received at once, or when the primary device is online again. */
export const receiveAsPrimary = (
  network: Network,
  account: Account,
  envelope: Envelope,
  encrypted: BinaryNode[]
): void => {
  const task = (): void => network.background.run('receive', receive(network, account, envelope, encrypted))
  if (account.online) task()
  else network.whenOnline(account, task)
}

const receive = async (
  network: Network,
  account: Account,
  envelope: Envelope,
  encrypted: BinaryNode[]
): Promise<void> => {
  const { sender, id, group, addressing } = envelope
  let message: proto.Message | undefined
  try {
    if (network.faults.take('recipientCannotDecrypt', { companion: sender }))
      throw new Error('as the fault asks')
    message = await decrypt(account, envelope, encrypted)
  } catch (error) {
    network.background.report('decrypt', error)
    askAgain(network, account, envelope)
    return
  }
  if (!message) return
  if (envelope.node.attrs.category === 'peer') {
    await answerPeerMessage(network, account, envelope, message)
    return
  }
  const own = message.deviceSentMessage
  const content = own?.message ?? message
  network.secrets.remember(sender.account, id, {
    ...content,
    messageContextInfo: content.messageContextInfo ?? message.messageContextInfo ?? null
  })
  recordDecrypted(network, account, envelope, {
    message: content,
    destination: own?.destinationJid ?? undefined
  })
  if (account === sender.account) return
  const place = envelope.to === STATUS_JID ? { id: STATUS_JID } : group
  sendReceipts(network, account, sender.account, {
    id,
    group: place,
    addressing,
    isReadable: isMessage(content)
  })
}

/** The content of a message: of its ciphertexts, the one that carries more than a sender key. */
const decrypt = async (
  account: Account,
  envelope: Envelope,
  encrypted: BinaryNode[]
): Promise<proto.Message | undefined> => {
  let message: proto.Message | undefined
  for (const enc of encrypted) {
    const plain = await decryptOne(account, envelope, enc)
    if (!plain) continue
    if (plain.senderKeyDistributionMessage) {
      await account.primary.learnSenderKey(envelope.sender.lid, plain.senderKeyDistributionMessage)
    }
    if (enc.attrs.type === 'skmsg' || !message || isMoreThanSenderKey(plain)) message = plain
  }
  return message
}

const isMoreThanSenderKey = (message: proto.Message): boolean =>
  Object.entries(message.toJSON()).some(
    ([field]) => field !== 'senderKeyDistributionMessage' && field !== 'messageContextInfo'
  )

const decryptOne = async (
  account: Account,
  envelope: Envelope,
  enc: BinaryNode
): Promise<proto.Message | undefined> => {
  const ciphertext = bytesOf(enc)
  if (!ciphertext) return undefined
  const { type } = enc.attrs
  const from = envelope.sender.lid
  if (type === 'skmsg') return account.primary.decryptForGroup(envelope.to, from, ciphertext)
  if (type === 'pkmsg' || type === 'msg') return account.primary.decrypt(from, type, ciphertext)
  return undefined
}

/** A retry receipt with fresh keys: the sender opens a new session and sends again. */
const askAgain = (network: Network, account: Account, envelope: Envelope): void => {
  const { sender, id, group, addressing, to, timestamp } = envelope
  const key = `${account.lidUser}|${sender.lid}|${id}`
  const count = (network.decryptionFailures.get(key) ?? 0) + 1
  network.decryptionFailures.set(key, count)
  if (count > RETRY_LIMIT) return
  network.repeats.forget(sender.lid, id, account.lid)
  const self = account.address(addressing)
  const { identity, signedPreKey, preKey, registrationId } = account.primary.bundle()
  const keys = writeBundle({ identity, signedPreKey, preKey, registrationId }).filter(
    node => node.tag !== 'registration'
  )
  sender.queue.add(
    'receipt',
    element(
      'receipt',
      {
        from: group ? to : self,
        participant: group ? self : undefined,
        id,
        type: 'retry',
        t: network.clock.seconds()
      },
      [
        element('retry', { v: '1', count, id, t: timestamp }),
        element('registration', {}, encodeBigEndian(registrationId, 4)),
        element('keys', {}, keys)
      ]
    )
  )
  network.signals.emit('retryAsked', { from: account.jid, id, count })
}
