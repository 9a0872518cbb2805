// The Firestore protocol as its own client brings it: google.firestore.v1, decoded to plain objects.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type ServiceDefinition, type StatusObject, status } from '@grpc/grpc-js'
import { fromJSON } from '@grpc/proto-loader'

export interface Timestamp {
  readonly seconds: string
  readonly nanos: number
}

/** One of the members is there, named by `valueType`. 64-bit integers are decimal strings. */
export interface Value {
  readonly valueType: string
  readonly nullValue?: 'NULL_VALUE'
  readonly booleanValue?: boolean
  readonly integerValue?: string
  readonly doubleValue?: number
  readonly timestampValue?: Timestamp
  readonly stringValue?: string
  readonly bytesValue?: Buffer
  readonly referenceValue?: string
  readonly geoPointValue?: { readonly latitude: number; readonly longitude: number }
  readonly arrayValue?: { readonly values: ReadonlyArray<Value> }
  readonly mapValue?: { readonly fields: Fields }
}

export type Fields = Readonly<Record<string, Value>>

export interface Document {
  readonly name: string
  readonly fields: Fields
  readonly createTime: Timestamp
  readonly updateTime: Timestamp
}

export interface Precondition {
  readonly exists?: boolean
  readonly updateTime?: Timestamp
}

export interface FieldTransform {
  readonly fieldPath: string
  readonly transformType: string
  readonly setToServerValue?: string
  readonly increment?: Value
  readonly maximum?: Value
  readonly minimum?: Value
  readonly appendMissingElements?: { readonly values: ReadonlyArray<Value> }
  readonly removeAllFromArray?: { readonly values: ReadonlyArray<Value> }
}

export interface Write {
  readonly operation?: string
  readonly update?: { readonly name: string; readonly fields: Fields }
  readonly delete?: string
  readonly verify?: string
  readonly transform?: unknown
  readonly updateMask: { readonly fieldPaths: ReadonlyArray<string> } | null
  readonly updateTransforms: ReadonlyArray<FieldTransform>
  readonly currentDocument: Precondition | null
}

export interface FieldReference {
  readonly fieldPath: string
}

export interface Filter {
  readonly filterType: string
  readonly compositeFilter?: { readonly op: string; readonly filters: ReadonlyArray<Filter> }
  readonly fieldFilter?: { readonly field: FieldReference; readonly op: string; readonly value: Value }
  readonly unaryFilter?: { readonly op: string; readonly field: FieldReference }
}

export interface Cursor {
  readonly values: ReadonlyArray<Value>
  readonly before: boolean
}

export interface Order {
  readonly field: FieldReference
  readonly direction: string
}

export interface StructuredQuery {
  readonly select: { readonly fields: ReadonlyArray<FieldReference> } | null
  readonly from: ReadonlyArray<{ readonly collectionId: string; readonly allDescendants: boolean }>
  readonly where: Filter | null
  readonly orderBy: ReadonlyArray<Order>
  readonly startAt: Cursor | null
  readonly endAt: Cursor | null
  readonly offset: number
  readonly limit: { readonly value: number } | null
  readonly findNearest: unknown
}

export interface Target {
  readonly targetType?: string
  readonly query?: { readonly parent: string; readonly structuredQuery?: StructuredQuery }
  readonly documents?: { readonly documents: ReadonlyArray<string> }
  readonly targetId: number
  readonly resumeType?: string
  readonly once: boolean
}

const LARGEST_REQUEST = 10 * 1024 * 1024

/** What Google's servers take in one request, with room for what gRPC itself adds. */
export const RECEIVE_LIMIT = LARGEST_REQUEST + 64 * 1024

/** A refusal in the protocol's own terms. */
export class Refusal extends Error implements Partial<StatusObject> {
  readonly code: status
  readonly details: string
  constructor(code: status, details: string) {
    super(details)
    this.code = code
    this.details = details
  }
}

export const invalid = (details: string) => new Refusal(status.INVALID_ARGUMENT, details)

/** What this server does not do exactly, it does not do. */
export const unimplemented = (what: string) =>
  new Refusal(status.UNIMPLEMENTED, `The local Firestore server does not do ${what}`)

const isDefinition = (found: unknown): found is ServiceDefinition =>
  typeof found === 'object' && found !== null && 'RunQuery' in found

export const firestoreService = (): ServiceDefinition => {
  const entry = createRequire(import.meta.url).resolve('@google-cloud/firestore')
  const protos: unknown = JSON.parse(readFileSync(join(dirname(entry), '..', 'protos', 'v1.json'), 'utf8'))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const definitions = fromJSON(protos as Parameters<typeof fromJSON>[0], {
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true
  })
  const service = definitions['google.firestore.v1.Firestore']
  if (!isDefinition(service)) throw new Error('The client brings no protocol named google.firestore.v1')
  return service
}
