// What the control port's endpoints have in common: the request, the phone and the account it names, contents and limits.
import type { ServerResponse } from 'node:http'
import {
  ALL_WA_PATCH_NAMES,
  proto,
  ReachoutTimelockEnforcementType,
  type WAPatchCreate
} from '@whiskeysockets/baileys'
import type { Phone, SharedHistoryOptions, SharedMessage } from '../phone.ts'
import type { ChatSetting } from '../protocol/chat-settings.ts'
import type { MessageMark } from '../protocol/message-marks.ts'
import type { GroupChange } from '../protocol/groups/changes.ts'
import { ASSOCIATION_TYPES, type AssociationTo } from '../protocol/messages/association.ts'
import type { QuoteReference } from '../protocol/messages/reply.ts'
import type { StatusContent } from '../protocol/messages/status.ts'
import type { WriteOptions } from '../protocol/messages/write.ts'
import type { Content } from '../protocol/messages/written.ts'
import type { Simulator } from '../simulator.ts'
import type { Account } from '../state/account.ts'
import { type HistorySharing, REQUEST_TIMES, SHOWN_EDITS } from '../state/history/sharing.ts'
import type { NewerField } from '../state/messages/newer-fields.ts'
import type { MessageCap, ReachoutTimelock } from '../state/new-chat-limits.ts'
import { UNREADABLE } from '../state/sent-messages.ts'
import { type BinaryNode, element } from '../wire/binary-node.ts'
import type { Addressing } from '../wire/jid.ts'
import { ControlError, type Fields } from './fields.ts'

export interface Call {
  readonly simulator: Simulator
  readonly describe: () => Record<string, unknown>
  /** The parts of the path that the route names. */
  readonly parameters: Readonly<Record<string, string>>
  readonly text: string
  readonly body: () => Fields
  readonly response: ServerResponse
}

export interface ControlRoute {
  readonly method: string
  readonly path: string
  readonly answer: (call: Call) => unknown
}

export const phoneOf = ({ simulator, parameters }: Call): Phone => {
  const phone = simulator.phone(parameters['phone'] ?? '')
  if (!phone) throw new ControlError(404, `there is no phone ${parameters['phone']}`)
  return phone
}

export const accountOf = ({ simulator, parameters }: Call): Account => {
  const account = simulator.account(parameters['jid'] ?? '')
  if (!account) throw new ControlError(404, `there is nobody called ${parameters['jid']}`)
  return account
}

export const personNamed = (simulator: Simulator, jid: string): Account => {
  const account = simulator.account(jid)
  if (!account) throw new ControlError(400, `there is nobody called ${jid}`)
  return account
}

export const parameterOf = ({ parameters }: Call, name: string): string => parameters[name] ?? ''

const FILE_KINDS = ['image', 'video', 'audio', 'document', 'sticker'] as const

/** `file`: its `kind` and its content in `base64`. */
const fileFrom = (simulator: Simulator, file: Fields, body: Fields): Content => ({
  association: associationFrom(body),
  message: simulator.fileMessage({
    kind: file.oneOf('kind', FILE_KINDS),
    bytes: Buffer.from(file.text('base64'), 'base64'),
    mimetype: file.optionalText('mimetype'),
    fileName: file.optionalText('fileName'),
    caption: file.optionalText('caption'),
    fileLength: file.optionalNumber('fileLength')
  })
})

/** `newerFields`: each its number in `Message` and its value in base64. */
const newerFieldsFrom = (body: Fields): readonly NewerField[] =>
  body.objects('newerFields').map(field => ({
    field: field.number('field'),
    value: Buffer.from(field.text('base64'), 'base64')
  }))

/** `tag`, its `attributes`, and the tags of its children. */
export const stanzaFrom = (body: Fields): BinaryNode =>
  element(
    body.text('tag'),
    Object.fromEntries(
      Object.entries(body.object('attributes').all).map(([name, value]) => [name, String(value)])
    ),
    body.texts('children').map(tag => element(tag, {}))
  )

export const contentFrom = (simulator: Simulator, body: Fields): Content => {
  const file = body.optionalObject('file')
  if (file) return fileFrom(simulator, file, body)
  const message = body.optionalObject('message')
  const plain = body.optionalBoolean('plain')
  if (message && body.has('edit')) {
    return { edit: body.text('edit'), message: proto.Message.fromObject(message.all), plain }
  }
  if (message) {
    return {
      message: proto.Message.fromObject(message.all),
      viewOnce: body.optionalBoolean('viewOnce') ?? false,
      association: associationFrom(body),
      newer: newerFieldsFrom(body)
    }
  }
  const text = body.optionalText('text') ?? ''
  if (body.has('edit')) return { edit: body.text('edit'), text, plain }
  if (body.has('addOption')) return { addOption: body.text('addOption'), option: body.text('option') }
  if (body.has('comment')) return { comment: body.text('comment'), text }
  if (body.has('respond')) {
    return {
      respond: body.text('respond'),
      response: body.oneOf('response', ['going', 'notGoing', 'maybe']),
      extraGuests: body.optionalNumber('extraGuests')
    }
  }
  if (body.has('revoke')) return { revoke: body.text('revoke') }
  if (body.has('react')) {
    return { react: body.text('react'), text, sealed: body.optionalBoolean('sealed') }
  }
  if (body.has('vote')) return { vote: body.text('vote'), options: body.texts('options') }
  if (body.has('disappearing')) return { disappearing: body.number('disappearing') }
  if (text === '') throw new ControlError(400, 'text or message is missing')
  return { text, quote: quoteFrom(body) }
}

/** A status: `text`, `message`, `revoke`, or `react` with its `text`. */
export const statusFrom = (body: Fields): StatusContent => {
  const message = body.optionalObject('message')
  if (message) return { message: proto.Message.fromObject(message.all) }
  if (body.has('revoke')) return { revoke: body.text('revoke') }
  return body.has('react')
    ? { react: body.text('react'), text: body.optionalText('text') ?? '' }
    : { text: body.text('text') }
}

/** `association`: its `type`, by name, and the `parent`'s id; `at` the `envelope` or the `message`. */
const associationFrom = (body: Fields): AssociationTo | undefined => {
  const association = body.optionalObject('association')
  return (
    association && {
      type: association.oneOf('type', ASSOCIATION_TYPES),
      parent: association.text('parent'),
      at: association.optionalOneOf('at', ['envelope', 'message'])
    }
  )
}

/** A message of a group's past: `from`, `text` or `message`, `id?`, `timestamp?`. */
const sharedMessageFrom = (body: Fields): SharedMessage => {
  const message = body.optionalObject('message')
  return {
    from: body.text('from'),
    text: body.optionalText('text'),
    message: message && proto.Message.fromObject(message.all),
    id: body.optionalText('id'),
    timestamp: body.optionalNumber('timestamp')
  }
}

export const sharedHistoryFrom = (body: Fields): Omit<SharedHistoryOptions, 'group'> => ({
  from: body.text('from'),
  messages: body.objects('messages').map(sharedMessageFrom),
  associated: body.objects('associated').map(one => ({
    ...sharedMessageFrom(one),
    parent: one.text('parent'),
    type: one.number('type')
  })),
  comments: body.objects('comments').map(sharedMessageFrom),
  pinned: body.objects('pinned').map(sharedMessageFrom),
  ...(body.has('receivers') ? { receivers: body.texts('receivers') } : {})
})

/** `quote`: the `id` of the message that is answered, and where it is when not in this chat. */
const quoteFrom = (body: Fields): QuoteReference | undefined => {
  const quote = body.optionalObject('quote')
  return quote && { id: quote.text('id'), in: quote.optionalText('in'), said: quote.optionalText('said') }
}

export const writeOptionsFrom = (body: Fields): WriteOptions => ({
  id: body.optionalText('id'),
  timestamp: body.optionalNumber('timestamp'),
  addressing: addressingFrom(body),
  as: body.optionalText('as'),
  bare: body.optionalBoolean('bare'),
  list: body.optionalText('list'),
  unreadable: body.optionalOneOf('unreadable', UNREADABLE)
})

export const addressingFrom = (body: Fields): Addressing | undefined =>
  body.optionalOneOf('addressing', ['lid', 'pn'])

export const timelockFrom = (body: Fields): ReachoutTimelock => ({
  until: body.get('until') === null ? null : body.number('until'),
  enforcement: body.optionalOneOf('enforcement', Object.values(ReachoutTimelockEnforcementType))
})

export const capFrom = (body: Fields): MessageCap => ({
  until: body.number('until'),
  used: body.number('used'),
  total: body.number('total'),
  status: body.optionalOneOf('status', ['NONE', 'FIRST_WARNING', 'SECOND_WARNING', 'CAPPED'])
})

export const groupChangeFrom = (body: Fields): GroupChange<string> => {
  if (body.has('subject')) return { subject: body.text('subject') }
  if (body.get('description') === null) return { description: null }
  if (body.has('description')) return { description: body.optionalText('description') ?? null }
  if (body.has('ephemeralSeconds')) return { ephemeralSeconds: body.number('ephemeralSeconds') }
  if (body.has('announce')) return { announce: body.boolean('announce') }
  if (body.has('locked')) return { locked: body.boolean('locked') }
  if (body.has('promote')) return { promote: body.texts('promote') }
  if (body.has('demote')) return { demote: body.texts('demote') }
  throw new ControlError(400, 'nothing to change in the group')
}

export const chatSettingFrom = (body: Fields): ChatSetting => {
  if (body.has('archived')) return { archived: body.boolean('archived') }
  if (body.has('pinned')) return { pinned: body.boolean('pinned') }
  if (body.get('mutedUntil') === null) return { mutedUntil: null }
  if (body.has('mutedUntil')) return { mutedUntil: body.number('mutedUntil') }
  if (body.has('read')) return { read: body.boolean('read') }
  if (body.has('deleted')) return { deleted: true }
  if (body.has('cleared')) return { cleared: body.oneOf('cleared', ['all', 'exceptStarred']) }
  if (body.has('label'))
    return { label: body.text('label'), labeled: body.optionalBoolean('labeled') ?? true }
  throw new ControlError(400, 'nothing to change in the chat')
}

export const messageMarkFrom = (body: Fields): MessageMark => {
  if (body.has('starred')) return { starred: body.boolean('starred') }
  if (body.has('deletedForMe')) return { deletedForMe: body.boolean('deletedForMe') }
  if (body.has('label'))
    return { label: body.text('label'), labeled: body.optionalBoolean('labeled') ?? true }
  throw new ControlError(400, 'nothing to mark the message with')
}

/** How a phone shares its history after a request; what the request does not name stays. */
export const historySharingFrom = (body: Fields, before: HistorySharing): HistorySharing => ({
  editedMessages: body.optionalOneOf('editedMessages', SHOWN_EDITS) ?? before.editedMessages,
  showsWithdrawn: body.optionalBoolean('showsWithdrawn') ?? before.showsWithdrawn,
  requestTimes: body.optionalOneOf('requestTimes', REQUEST_TIMES) ?? before.requestTimes,
  olderMessages: body.optionalBoolean('olderMessages') ?? before.olderMessages
})

/** A patch of app state; `syncAction` is a `proto.SyncActionValue` as JSON. */
export const patchFrom = (body: Fields): WAPatchCreate => {
  const { SyncdOperation } = proto.SyncdMutation
  const index = body.texts('index')
  if (index.length === 0) throw new ControlError(400, 'index is missing')
  const syncAction = proto.SyncActionValue.fromObject(body.object('syncAction').all)
  syncAction.timestamp ??= Date.now()
  return {
    type: body.oneOf('collection', ALL_WA_PATCH_NAMES),
    index,
    syncAction,
    apiVersion: body.number('apiVersion'),
    operation:
      body.optionalOneOf('operation', ['SET', 'REMOVE']) === 'REMOVE'
        ? SyncdOperation.REMOVE
        : SyncdOperation.SET
  }
}
