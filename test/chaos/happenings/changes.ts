// What changes earlier messages: edits, reactions, comments, revokes, changed posts, further parts of a bot's answer.
import { about, forget, type Happening } from '../stage.ts'

export const contactEdits: Happening = (stage, n) =>
  about(stage, stage.messages, ({ from, id }) =>
    // A few people have an older version, which does not encrypt edits.
    stage.phone.receive({ from, edit: id, text: `edited ${n}`, plain: n % 4 === 0 })
  )

export const ownerEdits: Happening = (stage, n) =>
  about(stage, stage.own, ({ id, to }) => stage.phone.send({ to, edit: id, text: `own edited ${n}` }))

export const contactReacts: Happening = (stage, n) =>
  about(stage, stage.messages, ({ from, id }) =>
    stage.phone.receive({ from, react: id, text: n % 4 === 0 ? '' : '👍', sealed: n % 2 === 0 })
  )

/**
 * Not of messages with comments: those can be opened with the secret of the message alone, and of one that is deleted before
 * it could be read nobody has that any more.
 */
export const contactRevokes: Happening = stage =>
  about(
    stage,
    stage.messages.filter(one => !stage.commented.has(one.id)),
    async one => {
      forget(stage.messages, one)
      await stage.phone.receive({ from: one.from, revoke: one.id })
    }
  )

export const contactComments: Happening = (stage, n) =>
  about(stage, stage.messages, ({ from, id }) => {
    stage.commented.add(id)
    return stage.phone.receive({ from, comment: id, text: `comment ${n}` })
  })

export const channelChangesPost: Happening = (stage, n) =>
  about(stage, stage.posts, post => {
    const message = { conversation: `news edited ${n}` }
    const edit = { change: 'edit', message } as const
    const change = n % 3 === 0 ? ({ change: 'reactions', live: true } as const) : edit
    stage.phone.receivePost({ ...post, ...change })
  })

export const channelDeletesPost: Happening = stage =>
  about(stage, stage.posts, post => {
    forget(stage.posts, post)
    stage.phone.receivePost({ ...post, change: 'delete' })
  })

export const botAnswers: Happening = (stage, n) =>
  about(stage, stage.questions, question => {
    const { answer: continues, id: to } = question
    const { id } = stage.phone.receiveBotAnswer({ to, text: `answer ${n}`, continues })
    question.answer ??= id
  })
