// The file in which a member shares the past of a group: `GroupHistory`, deflated. Baileys' schema lacks it.
import { deflateSync } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys'

/** Messages that belong to one of the shared ones, such as its file in better quality. */
export interface AssociatedList {
  readonly parent: string
  /** The number of the `AssociationType`. */
  readonly type: number
  readonly messages: readonly proto.IWebMessageInfo[]
}

export interface GroupHistory {
  readonly messages: readonly proto.IWebMessageInfo[]
  readonly associated: readonly AssociatedList[]
  readonly comments: readonly proto.IWebMessageInfo[]
  readonly pinned: readonly proto.IWebMessageInfo[]
}

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Buffer.from([...bytes, rest])
}

const bytesField = (field: number, value: Uint8Array): Buffer =>
  Buffer.concat([varint(field * 8 + 2), varint(value.length), value])

const infos = (field: number, messages: readonly proto.IWebMessageInfo[]): Buffer =>
  Buffer.concat(messages.map(info => bytesField(field, proto.WebMessageInfo.encode(info).finish())))

const associatedList = (groupId: string, { messages, parent, type }: AssociatedList): Buffer =>
  Buffer.concat([
    infos(1, messages),
    bytesField(2, proto.MessageKey.encode({ remoteJid: groupId, id: parent }).finish()),
    varint(3 * 8),
    varint(type)
  ])

export const encodeGroupHistory = (
  groupId: string,
  { associated, comments, messages, pinned }: GroupHistory
): Buffer =>
  deflateSync(
    Buffer.concat([
      infos(1, messages),
      ...associated.map(list => bytesField(2, associatedList(groupId, list))),
      infos(3, comments),
      infos(4, pinned)
    ])
  )
