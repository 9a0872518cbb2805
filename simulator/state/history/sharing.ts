// How a phone shares its history with linked devices: what phones of different systems, versions and settings do differently.

/** What a phone takes the time in a request for older messages for; the field's name says milliseconds. */
export const REQUEST_TIMES = ['seconds', 'milliseconds', 'both'] as const

export const SHOWN_EDITS = ['edit', 'bareEdit', 'content'] as const

export interface HistorySharing {
  /**
   * How an edited message is shown: as the edit under an id of its own, in its envelope or without; or as the new content in
   * that envelope, under the message's id and without a time.
   */
  readonly editedMessages: (typeof SHOWN_EDITS)[number]
  /** Whether reactions and votes that were taken back are shown as empty ones. */
  readonly showsWithdrawn: boolean
  /** A request with a time in another unit is never answered. */
  readonly requestTimes: (typeof REQUEST_TIMES)[number]
  /** The owner's setting for linked devices: without it they get nothing older than what was pushed when they were linked. */
  readonly olderMessages: boolean
}

/** What most phones do. */
export const USUAL_SHARING: HistorySharing = {
  editedMessages: 'edit',
  showsWithdrawn: false,
  requestTimes: 'seconds',
  olderMessages: true
}
