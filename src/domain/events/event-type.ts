// A type of event as it is published: when it comes, who may follow it, what is in it.
import type { Schema } from 'effect'
import type { Role } from '../grant.ts'

export interface EventType<Data extends Schema.Top = Schema.Top> {
  /** Raised when something that was in its data is not there any more, or means something else. */
  readonly version: number
  /** Whether it has an id and can be read again for as long as events are kept. */
  readonly isDurable: boolean
  /** Who may follow it: this role, and those above. */
  readonly role: Role
  /** When it comes, for its documentation. */
  readonly when: string
  readonly data: Data
  readonly example: Data['Type']
}

const typeOf =
  (isDurable: boolean) =>
  <Data extends Schema.Top>(
    when: string,
    data: Data,
    example: Data['Type'],
    { role = 'viewer', version = 1 }: { readonly role?: Role; readonly version?: number } = {}
  ): EventType<Data> => ({ version, isDurable, role, when, data, example })

export const durable = typeOf(true)
export const transient = typeOf(false)
