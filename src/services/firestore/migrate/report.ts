// The progress and the result of a copy between the stores.

/** Called while a copy runs; `of` is `null` while the total is not known. */
export type Progress = (what: string, done: number, of: number | null) => void

export interface Report {
  readonly from: 'sqlite' | 'firestore'
  readonly to: 'sqlite' | 'firestore'
  /** Documents on both sides, by collection. */
  readonly counts: Readonly<Record<string, { readonly sqlite: number; readonly firestore: number }>>
  /** Documents with the same content, compared by hash. */
  readonly equal: number
  readonly different: number
  /** Which fields differ, and in how many documents, by collection. */
  readonly differing: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Documents of the source that the target does not have. */
  readonly missing: number
  /** After a copy to Firestore: documents of these accounts that only Firestore has. */
  readonly extra: number
  /** Documents that were shortened to Firestore's limit of 1 MiB. */
  readonly truncated: number
  /** Documents that this version cannot read. */
  readonly unreadable: number
  /** Messages that still waited to be sent in the source: this server does not send them. */
  readonly notSent: number
}

/** Whether both sides have the same documents. */
export const isComplete = ({ different, extra, missing, unreadable }: Report): boolean =>
  different + extra + missing + unreadable === 0
