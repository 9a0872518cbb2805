// What a copy between the stores tells while it runs and when it has ended.

/** Called now and then; `of` is `null` while nobody knows how much there is. */
export type Progress = (what: string, done: number, of: number | null) => void

export interface Report {
  readonly from: 'sqlite' | 'firestore'
  readonly to: 'sqlite' | 'firestore'
  /** Documents on both sides, by collection. */
  readonly counts: Readonly<Record<string, { readonly sqlite: number; readonly firestore: number }>>
  /** Compared by the hash of their content, and equal. */
  readonly equal: number
  readonly different: number
  /** On the side that was copied from and not on the other. */
  readonly missing: number
  /** In Firestore and not here, after a copy to Firestore: of accounts that are here. */
  readonly extra: number
  /** Shortened for Firestore, which takes 1 MiB. */
  readonly truncated: number
  /** Documents that this version cannot read. */
  readonly unreadable: number
  /** Messages that waited to be sent where they come from: they are not sent from here. */
  readonly notSent: number
}

/** Whether everything arrived as it was. */
export const isComplete = ({ different, extra, missing, unreadable }: Report): boolean =>
  different + extra + missing + unreadable === 0
