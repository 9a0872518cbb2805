// What only the phone can give its linked devices of app state: the keys it is encrypted with, and a whole collection in the
// clear for a device that cannot read it any more.
import { gzipSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'
import type { Account, Companion } from '../state/account.ts'
import { FINGERPRINT } from '../state/app-state.ts'
import type { SyncKey } from '../state/app-state-records.ts'
import type { Network } from '../state/network.ts'
import { respond } from './history/peer-response.ts'
import { sendPeerMessage } from './messages/peer.ts'

/** The phone gives a linked device its keys: all of them, or those it asked for. It has no data for a key it never made. */
export const shareAppStateKeys = async (
  network: Network,
  companion: Companion,
  wanted?: readonly Uint8Array[]
): Promise<void> => {
  const store = network.appStateOf(companion.account)
  const shared = wanted?.map(id => ({ id: Buffer.from(id), data: store.keyOf(id)?.data })) ?? store.keys
  await sendPeerMessage(network, companion, {
    type: proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE,
    appStateSyncKeyShare: {
      keys: shared.map(({ data, id }: { id: Buffer; data?: Buffer | undefined }) => ({
        keyId: { keyId: id },
        ...(data
          ? { keyData: { keyData: data, fingerprint: FINGERPRINT, timestamp: network.clock.milliseconds() } }
          : {})
      }))
    }
  })
}

/** The phone makes a new key and gives it to its linked devices, unless they are to ask for it. */
export const rotateAppStateKey = async (
  network: Network,
  account: Account,
  { share }: { readonly share: boolean }
): Promise<SyncKey> => {
  const key = network.appStateOf(account).rotateKey()
  if (share) {
    for (const companion of account.companions.values()) await shareAppStateKeys(network, companion, [key.id])
  }
  return key
}

const { COMPANION_SYNCD_SNAPSHOT_FATAL_RECOVERY } = proto.Message.PeerDataOperationRequestType

/** The phone answers with every record of the collection; compressed, as phones send it. */
export const answerRecovery = async (
  network: Network,
  companion: Companion,
  requestId: string,
  collection: string
): Promise<void> => {
  const recovery = recoveryOf(network, companion.account, collection)
  await respond(network, companion, requestId, COMPANION_SYNCD_SNAPSHOT_FATAL_RECOVERY, [
    { syncdSnapshotFatalRecoveryResponse: { collectionSnapshot: gzipSync(recovery), isCompressed: true } }
  ])
}

/** A `SyncdSnapshotRecovery`: version 1, name 2, records 3 (data 1, key id 2, MAC 3), LT hash 4. */
const recoveryOf = (network: Network, account: Account, name: string): Buffer => {
  const store = network.appStateOf(account)
  const records = store
    .plainRecords(name)
    .map(({ data, keyId, mac }) => field(3, Buffer.concat([field(1, data), field(2, keyId), field(3, mac)])))
  const version = Buffer.concat([Buffer.from([0x08]), varint(store.version(name))])
  return Buffer.concat([
    field(1, version),
    field(2, Buffer.from(name)),
    ...records,
    field(4, store.collection(name)?.hash ?? Buffer.alloc(128))
  ])
}

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Buffer.from([...bytes, rest])
}

/** A length-delimited field. */
const field = (number: number, value: Uint8Array): Buffer =>
  Buffer.concat([varint(number * 8 + 2), varint(value.length), value])
