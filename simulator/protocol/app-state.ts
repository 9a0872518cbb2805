// App state on the wire: devices upload and fetch patches and snapshots (`w:sync:app:state`), and the phone writes patches of its
// own.
import { proto, type WAPatchName } from '@whiskeysockets/baileys'
import type { Account, Companion } from '../state/account.ts'
import { type AppState, isCollectionName, type PhonePatch, type ReadMutation } from '../state/app-state.ts'
import { encryptMedia, sha256Of } from '../state/media/encryption.ts'
import type { FaultOf } from '../state/faults.ts'
import type { Network } from '../state/network.ts'
import { Random } from '../state/random.ts'
import { type BinaryNode, bytesOf, child, children, element } from '../wire/binary-node.ts'
import { queryError, queryResult } from '../wire/stanza.ts'
import { notify } from './notifications.ts'

const PATCHES_PER_ANSWER = 200

export const answerAppState = async (
  network: Network,
  companion: Companion,
  query: BinaryNode
): Promise<BinaryNode> => {
  const sync = child(query, 'sync')
  if (!sync) return queryError(query, 400, 'bad-request')
  const store = network.appStateOf(companion.account)
  const answers: BinaryNode[] = []
  for (const wanted of children(sync, 'collection')) {
    answers.push(await answerCollection(network, companion, store, wanted))
  }
  return queryResult(query, [element('sync', {}, answers)])
}

const answerCollection = async (
  network: Network,
  companion: Companion,
  store: AppState,
  wanted: BinaryNode
): Promise<BinaryNode> => {
  const name = wanted.attrs.name ?? ''
  const collection = store.collection(name)
  if (!collection) return failed(name, store, '404', 'not-found')
  const uploads = [...children(wanted, 'patch'), ...children(child(wanted, 'patches'), 'patch')]
  const before = Number(wanted.attrs.version ?? '0')
  if (!Number.isInteger(before) || before < 0) return failed(name, store, '400', 'bad-request')
  for (const [place, upload] of uploads.entries()) {
    const bytes = bytesOf(upload)
    const read = bytes && (await store.append(name, before + place, bytes))
    if (!read) return failed(name, store, '409', 'conflict')
    for (const mutation of read) applyToPhone(companion.account, mutation)
    announce(network, companion.account, name, store.version(name), companion)
  }
  if (uploads.length > 0) return element('collection', { name, version: store.version(name) })
  network.signals.emit('appStateFetched', {
    device: companion.jid,
    collection: name,
    from: before,
    version: store.version(name)
  })
  const damage = network.faults.take(
    'appState',
    { companion },
    fault => (fault.collection ?? name) === name && collection.patches.length > 0
  )?.effect
  const wantsSnapshot = wanted.attrs.return_snapshot === 'true'
  const present = damage === 'diverged' ? store.earlierSnapshot(name) : store.snapshot(name)
  const snapshot = wantsSnapshot ? present : undefined
  if (damage === 'diverged' && !snapshot)
    return patchesAnswer(
      name,
      collection.patches.map(patch => store.diverged(name, patch)),
      before,
      undefined
    )
  return snapshot
    ? snapshotAnswer(network, companion, name, { snapshot, isDamaged: damage === 'wrongMac' })
    : patchesAnswer(name, collection.patches, before, damage)
}

const patchesAnswer = (
  name: string,
  patches: readonly Uint8Array[],
  before: number,
  damage: FaultOf<'appState'>['effect'] | undefined
): BinaryNode => {
  const missing = patches.slice(before, before + PATCHES_PER_ANSWER)
  const more = before + missing.length < patches.length
  const sent = missing
    .slice(damage === 'missingPatch' ? 1 : 0)
    .map(patch => (damage === 'wrongMac' ? withWrongMac(patch) : patch))
  return element(
    'collection',
    { name, version: before + missing.length, has_more_patches: more ? 'true' : undefined },
    sent.length > 0
      ? [
          element(
            'patches',
            {},
            sent.map(patch => element('patch', {}, patch))
          )
        ]
      : []
  )
}

const withWrongMac = (bytes: Uint8Array): Uint8Array => {
  const patch = proto.SyncdPatch.decode(bytes)
  patch.snapshotMac = Buffer.alloc(32, 7)
  return proto.SyncdPatch.encode(patch).finish()
}

/** A snapshot is a file on the media host; the answer says how to fetch and decrypt it. */
const snapshotAnswer = (
  network: Network,
  companion: Companion,
  name: string,
  { isDamaged, snapshot }: { readonly snapshot: proto.ISyncdSnapshot; readonly isDamaged: boolean }
): BinaryNode => {
  const sent = isDamaged ? { ...snapshot, mac: Buffer.alloc(32, 7) } : snapshot
  const plain = Buffer.from(proto.SyncdSnapshot.encode(sent).finish())
  const random = new Random(network.seed, companion.jid, network.nextId())
  const mediaKey = random.bytes(32)
  const encrypted = encryptMedia(plain, mediaKey, 'md-app-state')
  const directPath = `/v/t62.state/${random.bytes(16).toString('hex')}.enc`
  network.media.upload(directPath, encrypted)
  const reference = proto.ExternalBlobReference.encode({
    mediaKey,
    directPath,
    handle: name,
    fileSizeBytes: plain.length,
    fileSha256: sha256Of(plain),
    fileEncSha256: sha256Of(encrypted)
  }).finish()
  const version = Number(snapshot.version?.version ?? 0)
  return element('collection', { name, version }, [element('snapshot', {}, reference)])
}

const failed = (name: string, store: AppState, code: string, text: string): BinaryNode =>
  element('collection', { name, type: 'error', version: store.version(name) }, [
    element('error', { code, text })
  ])

/** What a linked device changed and the phone shows: so far, the name others see. */
const applyToPhone = (account: Account, { value }: ReadMutation): void => {
  const name = value.pushNameSetting?.name
  if (!name) return
  account.pushName = name
  for (const device of account.companions.values()) device.pushName = name
}

/** Notifies an account's devices, except the one that wrote the patch, that a collection has a new version. */
const announce = (
  network: Network,
  account: Account,
  name: string,
  version: number,
  except?: Companion
): void => {
  notify(
    network,
    account.companions.values(),
    { from: account.jid, type: 'server_sync' },
    [element('collection', { name, version })],
    except
  )
}

/** The phone changed something: one patch is written, then announced to all its linked devices. */
export const changeFromPhone = async (
  network: Network,
  account: Account,
  ...changes: readonly PhonePatch[]
): Promise<void> => {
  const [first] = changes
  if (!first) return
  const store = network.appStateOf(account)
  await store.write(changes)
  announce(network, account, first.type, store.version(first.type))
}

/** The phone writes something that no linked device can read. */
export const writeUnreadable = async (
  network: Network,
  account: Account,
  name: WAPatchName,
  index: readonly string[]
): Promise<void> => {
  if (!isCollectionName(name)) return
  const store = network.appStateOf(account)
  await store.writeUnreadable(name, index)
  announce(network, account, name, store.version(name))
}
