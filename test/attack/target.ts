// What an attack knows of a server, and what a request of it is.
import type { RawRequest } from './raw-request.ts'
import type { Schema, Vocabulary } from './values.ts'

export interface Operation {
  readonly method: string
  readonly path: string
  readonly query: ReadonlyArray<string>
  /** The schema of a body in JSON. */
  readonly body: Schema | undefined
  readonly takesForm: boolean
  /** Whether it needs no credential. */
  readonly isPublic: boolean
  /** The 5xx statuses that its documentation names. */
  readonly documentedFaults: ReadonlyArray<number>
}

/** What can be asked for, and of whom. */
export interface Target {
  readonly operations: ReadonlyArray<Operation>
  readonly schemas: Readonly<Record<string, Schema>>
  readonly credentials: Readonly<Record<Credential, string | undefined>>
  /** Values for parameters and fields of a request, by their names. */
  readonly wordsFor: (
    request: Pick<Operation, 'method' | 'path'> & { readonly credential: Credential }
  ) => Words
}

export type Words = Vocabulary['words']

export const CREDENTIALS = ['admin', 'agent', 'viewer', 'wrong', 'none'] as const
export type Credential = (typeof CREDENTIALS)[number]

export interface AttackRequest extends RawRequest {
  /** In a few words, for a report. */
  readonly what: string
  /** The endpoint, for requests that are proper HTTP. */
  readonly operation: Operation | undefined
  readonly credential: Credential
  /** Whether an answer has to come: the request is complete, and its answer has an end. */
  readonly isAnswered: boolean
}
