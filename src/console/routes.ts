// Where what is in the console. All of it is behind the # of the address: ids with phone numbers never reach a server's log.
const part = (text: string): string => encodeURIComponent(text)

export const accountsPath = '/'
export const accountPath = (accountId: string): string => `/accounts/${part(accountId)}`
export const chatsPath = (accountId: string): string => `/chats/${part(accountId)}`
export const threadPath = (accountId: string, threadId: string): string =>
  `${chatsPath(accountId)}/${part(threadId)}`
/** A thread at a message of it, or at a time. */
export const messagePath = (accountId: string, threadId: string, place: string): string =>
  `${threadPath(accountId, threadId)}/${part(place)}`
export const activityPath = (tab = 'outbox'): string => `/activity/${tab}`
export const settingsPath = '/settings'

/** A part of a path as it was put in; the browser leaves what is after the # as it is. */
export const decoded = (text: string | undefined): string | undefined => {
  if (text === undefined) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
