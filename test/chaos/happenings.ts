// What happens on a phone while the server is killed: one thing at a time, each kind as often as its weight says. What it leads to
// can be read back from the simulator's truth.
import * as changes from './happenings/changes.ts'
import * as connection from './happenings/connection.ts'
import * as messages from './happenings/messages.ts'
import * as settings from './happenings/settings.ts'
import type { Random } from './random.ts'
import type { Happening, Stage } from './stage.ts'

/** All kinds with their weights. */
const HAPPENINGS: ReadonlyArray<readonly [weight: number, happening: Happening]> = [
  [360, messages.contactWrites],
  [130, messages.ownerWrites],
  [140, messages.memberWrites],
  [15, messages.businessWrites],
  [15, messages.contactWritesToList],
  [10, messages.ownerWritesToList],
  [30, messages.contactReplies],
  [10, messages.contactAnswersStatus],
  [15, messages.memberAnswersInPrivate],
  [20, messages.contactSendsInTwoFiles],
  [10, messages.contactSendsAlbum],
  [10, messages.contactSendsNewerKind],
  [10, messages.contactAsks],
  [25, messages.someoneVotes],
  [5, messages.contactAddsOption],
  [8, messages.contactPlansEvent],
  [20, messages.someoneAnswersEvent],
  [15, messages.channelPosts],
  [10, changes.channelChangesPost],
  [4, changes.channelDeletesPost],
  [6, messages.ownerAsksBot],
  [12, changes.botAnswers],
  [15, changes.contactComments],
  [40, changes.contactEdits],
  [15, changes.ownerEdits],
  [40, changes.contactReacts],
  [20, changes.contactRevokes],
  [25, settings.ownerReads],
  [10, settings.ownerRenamesContact],
  [40, settings.ownerSetsChat],
  [15, settings.ownerStars],
  [10, settings.ownerRemovesMessage],
  [4, settings.ownerRemovesChat],
  [5, settings.ownerEditsLabel],
  [15, settings.ownerLabels],
  [15, messages.strangerWrites],
  [4, connection.numberGoesToAnother],
  [10, connection.contactPostsStatus],
  [10, connection.unknownStanzaComes],
  [25, connection.hostileContactStrikes],
  [15, connection.connectionEnds],
  [6, connection.questionsAreRefused],
  [15, connection.nothing]
]

const ALL_WEIGHTS = HAPPENINGS.reduce((sum, [weight]) => sum + weight, 0)

const pickHappening = (random: Random): Happening => {
  let left = random() * ALL_WEIGHTS
  for (const [weight, happening] of HAPPENINGS) {
    left -= weight
    if (left < 0) return happening
  }
  return messages.contactWrites
}

/** One thing happens; where there is nothing that it could be about, a contact writes. */
export const happen = async (stage: Stage, n: number): Promise<void> => {
  const isDone = await pickHappening(stage.random)(stage, n)
  if (!isDone) await messages.contactWrites(stage, n)
}
