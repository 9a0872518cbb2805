// Which progress of a history is news to one subscriber: whenever more has come, and once more at the end.
import type { ImportProgress } from '../../../services/accounts.ts'

/** What has come in. The speed falls from second to second while nothing does, which is no news. */
const withoutSpeed = ({ coverage, sync }: ImportProgress): string =>
  JSON.stringify({ coverage, sync: { ...sync, messagesPerSecond: 0, secondsLeft: 0 } })

export const makeProgressTold = () => {
  const told = new Map<string, ImportProgress>()
  return {
    /** Accounts whose history was coming in when their progress was told last. */
    accounts: (): ReadonlyArray<string> => [...told.keys()],
    /** Notes the progress of an account; whether it is to be told. */
    isNews: (accountId: string, progress: ImportProgress, isGoingOn: boolean): boolean => {
      const before = told.get(accountId)
      const textOf = isGoingOn ? withoutSpeed : JSON.stringify
      const isNews = before === undefined || textOf(before) !== textOf(progress)
      if (!isGoingOn) told.delete(accountId)
      else if (isNews) told.set(accountId, progress)
      return isNews
    }
  }
}
