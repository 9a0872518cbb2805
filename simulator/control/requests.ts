// What the control port reads from a request: phones by their number, contents, limits, changes of groups.
import type { ServerResponse } from 'node:http'
import { proto, ReachoutTimelockEnforcementType } from '@whiskeysockets/baileys'
import type { CallOutcome } from '../protocol/calls.ts'
import type { GroupChange } from '../protocol/groups/changes.ts'
import type { MessageCap, ReachoutTimelock } from '../state/new-chat-limits.ts'
import type { Phone, WriteOptions } from '../phone.ts'
import type { Simulator } from '../simulator.ts'
import type { Addressing } from '../wire/jid.ts'
import type { Content } from '../protocol/messages/written.ts'

export class ControlError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface Call {
  readonly simulator: Simulator
  readonly describe: () => Record<string, unknown>
  readonly parameters: Record<string, string>
  readonly query: URLSearchParams
  readonly text: string
  readonly body: () => Record<string, unknown>
  readonly response: ServerResponse
}

export const text = (value: unknown, name: string): string => {
  if (typeof value !== 'string' || value === '') throw new ControlError(400, `${name} is missing`)
  return value
}

export const optionalText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined
export const optionalNumber = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : undefined
export const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(item => typeof item === 'string') : []

export const phoneOf = ({ simulator, parameters }: Call): Phone => {
  const phone = simulator.phone(parameters['phone'] ?? '')
  if (!phone) throw new ControlError(404, `there is no phone ${parameters['phone']}`)
  return phone
}

const FILE_KINDS = ['image', 'video', 'audio', 'document', 'sticker'] as const

/** `file`: its `kind` and its content in `base64`. */
const fileFrom = (simulator: Simulator, file: object): Content => {
  const given: Record<string, unknown> = { ...file }
  const kind = FILE_KINDS.find(one => one === given['kind'])
  if (kind === undefined) throw new ControlError(400, 'file.kind is missing or unknown')
  return {
    message: simulator.fileMessage({
      kind,
      bytes: Buffer.from(text(given['base64'], 'file.base64'), 'base64'),
      mimetype: optionalText(given['mimetype']),
      fileName: optionalText(given['fileName']),
      caption: optionalText(given['caption']),
      fileLength: optionalNumber(given['fileLength'])
    })
  }
}

export const contentFrom = (simulator: Simulator, body: Record<string, unknown>): Content => {
  if (typeof body['file'] === 'object' && body['file'] !== null) return fileFrom(simulator, body['file'])
  const { edit, revoke, react, message, vote, disappearing } = body
  const given = optionalText(body['text']) ?? ''
  if (typeof message === 'object' && message !== null) {
    return { message: proto.Message.fromObject(message), viewOnce: body['viewOnce'] === true }
  }
  if (typeof edit === 'string') return { edit, text: given }
  if (typeof revoke === 'string') return { revoke }
  if (typeof react === 'string') return { react, text: given }
  if (typeof vote === 'string') return { vote, options: texts(body['options']) }
  if (typeof disappearing === 'number') return { disappearing }
  return { text: text(body['text'], 'text or message') }
}

export const number = (value: unknown, name: string): number => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new ControlError(400, `${name} is missing`)
  return value
}

export const timelockFrom = (body: Record<string, unknown>): ReachoutTimelock => {
  const { until, enforcement } = body
  const enforcements: readonly string[] = Object.values(ReachoutTimelockEnforcementType)
  const isKnown = (value: unknown): value is NonNullable<ReachoutTimelock['enforcement']> =>
    typeof value === 'string' && enforcements.includes(value)
  if (enforcement !== undefined && !isKnown(enforcement)) {
    throw new ControlError(400, 'enforcement is unknown')
  }
  return { until: until === null ? null : number(until, 'until'), enforcement }
}

export const capFrom = (body: Record<string, unknown>): MessageCap => {
  const { until, used, total, status } = body
  const known = (['NONE', 'FIRST_WARNING', 'SECOND_WARNING', 'CAPPED'] as const).find(one => one === status)
  if (status !== undefined && known === undefined) throw new ControlError(400, 'status is unknown')
  return {
    until: number(until, 'until'),
    used: number(used, 'used'),
    total: number(total, 'total'),
    status: known
  }
}

export const outcomeFrom = (value: unknown): CallOutcome | undefined =>
  value === 'missed' || value === 'answered' || value === 'declined' ? value : undefined

export const groupChangeFrom = (body: Record<string, unknown>): GroupChange<string> => {
  const { subject, description, ephemeralSeconds, announce, locked } = body
  if (typeof subject === 'string') return { subject }
  if (typeof description === 'string' || description === null) return { description }
  if (typeof ephemeralSeconds === 'number') return { ephemeralSeconds }
  if (typeof announce === 'boolean') return { announce }
  if (typeof locked === 'boolean') return { locked }
  if (Array.isArray(body['promote'])) return { promote: texts(body['promote']) }
  if (Array.isArray(body['demote'])) return { demote: texts(body['demote']) }
  throw new ControlError(400, 'nothing to change in the group')
}

export const writeOptionsFrom = (body: Record<string, unknown>): WriteOptions => ({
  id: optionalText(body['id']),
  timestamp: optionalNumber(body['timestamp']),
  addressing: addressingFrom(body['addressing'])
})

export const addressingFrom = (value: unknown): Addressing | undefined =>
  value === 'lid' || value === 'pn' ? value : undefined
