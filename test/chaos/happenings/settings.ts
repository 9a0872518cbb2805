// What the owner does on the phone that the server learns by app state or by receipts: names, settings of chats, stars, labels, reading.
import { pick } from '../random.ts'
import {
  about,
  type Contact,
  forget,
  type Group,
  type Happening,
  remember,
  type Stage,
  type Written
} from '../stage.ts'

const anyChat = ({ phone, random }: Stage): Contact | Group =>
  pick(random, [...phone.contacts, ...phone.groups])

export const ownerReads: Happening = async ({ phone, random }) => {
  await phone.markRead(pick(random, phone.contacts))
  return true
}

export const ownerRenamesContact: Happening = async ({ phone, random }, n) => {
  await phone.nameContact(pick(random, phone.contacts), `Contact ${n}`)
  return true
}

/** Each with an even chance to set and to take back. */
export const ownerSetsChat: Happening = async (stage, n) => {
  const isOn = stage.random() < 0.5
  const setting = pick(stage.random, [
    { archived: isOn },
    { pinned: isOn },
    { mutedUntil: isOn ? 4_100_000_000_000 + n : null },
    { read: isOn }
  ])
  await stage.phone.changeChat(anyChat(stage), setting)
  return true
}

export const ownerStars: Happening = (stage, n) =>
  about<Written & { readonly group?: Group }>(
    stage,
    [...stage.messages, ...stage.groupMessages],
    ({ from, group = from, id }) => stage.phone.markMessage(group, id, { starred: n % 3 !== 0 })
  )

/** "Delete for me", with an undo now and then. */
export const ownerRemovesMessage: Happening = (stage, n) => {
  const { messages, phone, removed } = stage
  if (n % 4 === 0)
    return about(stage, removed, one => {
      forget(removed, one)
      return phone.markMessage(one.from, one.id, { deletedForMe: false })
    })
  return about(stage, messages, one => {
    remember(removed, one)
    return phone.markMessage(one.from, one.id, { deletedForMe: true })
  })
}

/** A chat is cleared, or deleted until somebody writes there again. No undo brings back what was in it. */
export const ownerRemovesChat: Happening = async ({ phone, random, removed }, n) => {
  const contact = pick(random, phone.contacts)
  for (const one of removed.filter(({ from }) => from === contact)) forget(removed, one)
  await phone.changeChat(contact, n % 2 === 0 ? { cleared: 'all' } : { deleted: true })
  return true
}

const LABELS = ['1', '2', '3']

export const ownerEditsLabel: Happening = async ({ phone, random }, n) => {
  await phone.editLabel({ id: pick(random, LABELS), name: `Label ${n}`, color: n % 20 })
  return true
}

/** A chat or a message gets a label, or loses it. */
export const ownerLabels: Happening = async (stage, n) => {
  const { phone, random } = stage
  const labels = phone.truth().labels.map(({ id }) => id)
  if (labels.length === 0) return false
  const mark = { label: pick(random, labels), labeled: n % 3 !== 0 }
  if (n % 2 === 0) return about(stage, stage.messages, ({ from, id }) => phone.markMessage(from, id, mark))
  await phone.changeChat(anyChat(stage), mark)
  return true
}
