// New messages: texts, answers, files that belong together, events and polls, lists, and kinds that are newer than the server.
import { proto } from '@whiskeysockets/baileys'
import { pick } from '../random.ts'
import { about, groupWithMember, type Happening, remember } from '../stage.ts'

export const contactWrites: Happening = async ({ messages, phone, random }, n) => {
  const from = pick(random, phone.contacts)
  const { id } = await phone.receive({ from, text: `inbound ${n}` })
  remember(messages, { from, id })
  return true
}

export const ownerWrites: Happening = async ({ own, phone, random }, n) => {
  const to = pick(random, phone.contacts)
  const { id } = await phone.send({ to, text: `own ${n}` })
  remember(own, { to, id })
  return true
}

export const memberWrites: Happening = async (stage, n) => {
  const place = groupWithMember(stage)
  if (place === undefined) return false
  const { id } = await stage.phone.receive({ ...place, text: `group ${n}` })
  remember(stage.groupMessages, { ...place, id })
  return true
}

/** A business that also uses the Cloud API: its device is hosted at Meta, and the stanza names one address only. */
export const businessWrites: Happening = async ({ phone, random }, n) => {
  const as = pick(random, ['hosted', 'hosted.lid'])
  await phone.receive({ from: pick(random, phone.contacts), text: `hosted ${n}`, as })
  return true
}

const LIST = '17900000000@broadcast'

export const contactWritesToList: Happening = async ({ messages, phone, random }, n) => {
  const from = pick(random, phone.contacts)
  const { id } = await phone.receive({ from, text: `to all ${n}`, list: LIST })
  remember(messages, { from, id })
  return true
}

export const ownerWritesToList: Happening = async ({ phone, random }, n) => {
  const to = phone.contacts.filter(() => random() < 0.4)
  if (to.length === 0) return false
  await phone.sendToList({ list: LIST, to, text: `own to all ${n}` })
  return true
}

export const contactReplies: Happening = (stage, n) =>
  about(stage, stage.messages, async ({ from, id }) => {
    const contextInfo = { stanzaId: id, participant: from.jid, quotedMessage: { conversation: 'quoted' } }
    const message = proto.Message.fromObject({ extendedTextMessage: { text: `reply ${n}`, contextInfo } })
    await stage.phone.receive({ from, message })
  })

export const contactAnswersStatus: Happening = async ({ phone, random }, n) => {
  const quote = { id: `CHAOSSTATUS${n}`, in: 'status', said: 'at sea' }
  await phone.receive({ from: pick(random, phone.contacts), text: `about the status ${n}`, quote })
  return true
}

export const memberAnswersInPrivate: Happening = (stage, n) =>
  about(stage, stage.groupMessages, ({ from, group, id }) =>
    stage.phone.receive({ from, text: `in private ${n}`, quote: { id, in: group.id } })
  )

const file = (kind: 'imageMessage' | 'videoMessage', caption: string) => ({
  [kind]: {
    mimetype: kind === 'imageMessage' ? 'image/jpeg' : 'video/mp4',
    caption,
    mediaKey: Buffer.alloc(32, caption),
    directPath: `/v/t62.chaos/${encodeURIComponent(caption)}.enc`
  }
})

/** A picture and, before or after it, the same in better quality or the film of a motion photo. */
export const contactSendsInTwoFiles: Happening = async ({ phone, random }, n) => {
  const from = pick(random, phone.contacts)
  const id = `CHAOSPICTURE${n}`
  const isMotion = random() < 0.3
  const second = isMotion ? file('videoMessage', `motion ${n}`) : file('imageMessage', `better ${n}`)
  const association = { type: isMotion ? 'MOTION_PHOTO' : 'HD_IMAGE_DUAL_UPLOAD', parent: id }
  const steps = [
    () => phone.receive({ from, id, message: file('imageMessage', `picture ${n}`) }),
    () => phone.receive({ from, message: second, association })
  ]
  for (const step of random() < 0.5 ? steps : steps.toReversed()) await step()
  return true
}

export const contactSendsAlbum: Happening = async ({ phone, random }, n) => {
  const from = pick(random, phone.contacts)
  const id = `CHAOSALBUM${n}`
  const association = { type: 'MEDIA_ALBUM', parent: id }
  const steps = [
    () => phone.receive({ from, id, message: { albumMessage: { expectedImageCount: 2 } } }),
    () => phone.receive({ from, message: file('imageMessage', `first of album ${n}`), association }),
    () => phone.receive({ from, message: file('imageMessage', `second of album ${n}`), association })
  ]
  for (const step of random() < 0.7 ? steps : steps.toReversed()) await step()
  return true
}

const OPTIONS = ['Sea', 'Hills', 'Home']

export const contactAsks: Happening = async ({ phone, polls, random }, n) => {
  const from = pick(random, phone.contacts)
  const options = OPTIONS.map(optionName => ({ optionName }))
  const message = proto.Message.fromObject({
    pollCreationMessageV3: { name: `poll ${n}`, options, selectableOptionsCount: 1 }
  })
  const { id } = await phone.receive({ from, message })
  remember(polls, { from, id })
  return true
}

export const someoneVotes: Happening = (stage, n) =>
  about(stage, stage.polls, ({ from, id }) => {
    const options = [pick(stage.random, OPTIONS)]
    return n % 2 === 0
      ? stage.phone.receive({ from, vote: id, options })
      : stage.phone.send({ to: from, vote: id, options })
  })

export const contactAddsOption: Happening = (stage, n) =>
  about(stage, stage.polls, ({ from, id }) =>
    stage.phone.receive({ from, addOption: id, option: `option ${n}` })
  )

export const contactPlansEvent: Happening = async ({ events, phone, random }, n) => {
  const from = pick(random, phone.contacts)
  const message = { eventMessage: { name: `event ${n}`, startTime: 1_900_000_000 } }
  const { id } = await phone.receive({ from, message })
  remember(events, { from, id })
  return true
}

export const someoneAnswersEvent: Happening = (stage, n) =>
  about(stage, stage.events, ({ from, id }) => {
    const response = pick(stage.random, ['going', 'notGoing', 'maybe'] as const)
    return n % 2 === 0
      ? stage.phone.receive({ from, respond: id, response })
      : stage.phone.send({ to: from, respond: id, response })
  })

/** Fields that Baileys' classes do not know, and numbers that WhatsApp itself may give to something later. */
const NEWER_FIELDS = [129, 160, 1999]

export const contactSendsNewerKind: Happening = async ({ phone, random }, n) => {
  const newer = [{ field: pick(random, NEWER_FIELDS), value: Buffer.from(`newer ${n}`) }]
  await phone.receive({ from: pick(random, phone.contacts), message: {}, newer })
  return true
}

const CHANNELS = ['120363000000000001@newsletter', '120363000000000002@newsletter']

export const channelPosts: Happening = async ({ phone, posts, random }, n) => {
  const channel = pick(random, CHANNELS)
  const live = random() < 0.5
  const { id } = phone.receivePost({ channel, message: { conversation: `news ${n}` }, live })
  remember(posts, { channel, id })
  return true
}

export const ownerAsksBot: Happening = async ({ phone, questions }, n) => {
  const { id } = await phone.askBot(`question ${n}`)
  remember(questions, { id })
  return true
}

/** By LID, as on accounts that WhatsApp has moved; from the second message on with the number that this person has now. */
export const strangerWrites: Happening = async ({ introduced, phone, random, strangers }, n) => {
  const from = pick(random, strangers)
  const bare = !introduced.has(from)
  introduced.add(from)
  await phone.receive({ from, text: `stranger ${n}`, addressing: 'lid', bare })
  return true
}
