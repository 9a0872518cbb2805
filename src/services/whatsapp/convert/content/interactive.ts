// Buttons, lists and templates of businesses, and people's answers to them. Both become the text a person
// reads; a picture, video, file or place on top makes the message one of that type.
import type { proto } from '@whiskeysockets/baileys'
import { pinned } from './location.ts'
import { MEDIA } from './media.ts'
import { type Family, lines, option, type Parts } from './parts.ts'

interface Header {
  imageMessage?: proto.Message.IImageMessage | null
  videoMessage?: proto.Message.IVideoMessage | null
  documentMessage?: proto.Message.IDocumentMessage | null
  locationMessage?: proto.Message.ILocationMessage | null
}

/** The header above the text. */
const headed = (header: Header | null | undefined, body: string | null): Parts => {
  const top =
    (header?.imageMessage && MEDIA.imageMessage?.(header.imageMessage)) ??
    (header?.videoMessage && MEDIA.videoMessage?.(header.videoMessage)) ??
    (header?.documentMessage && MEDIA.documentMessage?.(header.documentMessage)) ??
    (header?.locationMessage && pinned(header.locationMessage))
  return top ? { ...top, body: lines(top.body, body) } : { type: 'text', body }
}

/** WhatsApp sends a carousel of ten cards, a list of ten rows; more is an attack. */
const MOST_ITEMS = 200
const some = <Item>(items: ReadonlyArray<Item> | null | undefined): ReadonlyArray<Item> =>
  (items ?? []).slice(0, MOST_ITEMS)

/** The label of a native flow's button is in its JSON parameters. */
const labelIn = (json: string | null | undefined): string | undefined => {
  if (!json) return undefined
  try {
    const parameters: unknown = JSON.parse(json)
    const label =
      typeof parameters === 'object' && parameters !== null && 'display_text' in parameters
        ? parameters.display_text
        : undefined
    return typeof label === 'string' ? label : undefined
  } catch {
    return undefined
  }
}

const wordsOfInteractive = (message: proto.Message.IInteractiveMessage): string | null =>
  lines(
    message.header?.title,
    message.header?.subtitle,
    message.header?.productMessage?.product?.title,
    message.body?.text,
    message.footer?.text,
    ...some(message.nativeFlowMessage?.buttons).map(button => option(labelIn(button.buttonParamsJson)))
  )

const interactive = (message: proto.Message.IInteractiveMessage): Parts =>
  headed(
    message.header,
    lines(wordsOfInteractive(message), ...some(message.carouselMessage?.cards).map(wordsOfInteractive))
  )

const hydrated = (template: proto.Message.TemplateMessage.IHydratedFourRowTemplate): Parts =>
  headed(
    template,
    lines(
      template.hydratedTitleText,
      template.hydratedContentText,
      template.hydratedFooterText,
      ...some(template.hydratedButtons).map(button =>
        option(
          button.quickReplyButton?.displayText ??
            button.urlButton?.displayText ??
            button.callButton?.displayText,
          button.urlButton?.url ?? button.callButton?.phoneNumber
        )
      )
    )
  )

/** Structured text that the phone translates; only its parameters are readable here. */
const structured = (text: proto.Message.IHighlyStructuredMessage | null | undefined): string | null =>
  lines(
    text?.hydratedHsm?.hydratedTemplate?.hydratedContentText ??
      text?.hydratedHsm?.hydratedFourRowTemplate?.hydratedContentText ??
      lines(...some(text?.params))
  )

const template = (message: proto.Message.ITemplateMessage): Parts => {
  const ready = message.hydratedTemplate ?? message.hydratedFourRowTemplate
  if (ready) return hydrated(ready)
  if (message.interactiveMessageTemplate) return interactive(message.interactiveMessageTemplate)
  const rows = message.fourRowTemplate
  return headed(
    rows,
    lines(
      structured(rows?.highlyStructuredMessage),
      structured(rows?.content),
      structured(rows?.footer),
      ...some(rows?.buttons).map(button =>
        option(
          structured(
            button.quickReplyButton?.displayText ??
              button.urlButton?.displayText ??
              button.callButton?.displayText
          )
        )
      )
    )
  )
}

export const INTERACTIVE: Family = {
  listMessage: list => ({
    type: 'text',
    body: lines(
      list.title,
      list.description,
      ...some(list.sections).flatMap(section => [
        section.title,
        ...some(section.rows).map(row => option(row.title, row.description))
      ]),
      list.footerText
    )
  }),
  buttonsMessage: message =>
    headed(
      message,
      lines(
        message.text,
        message.contentText,
        message.footerText,
        ...some(message.buttons).map(button => option(button.buttonText?.displayText))
      )
    ),
  templateMessage: template,
  highlyStructuredMessage: message =>
    message.hydratedHsm ? template(message.hydratedHsm) : { type: 'text', body: structured(message) },
  interactiveMessage: interactive,
  buttonsResponseMessage: reply => ({
    type: 'text',
    body: reply.selectedDisplayText ?? reply.selectedButtonId
  }),
  templateButtonReplyMessage: reply => ({
    type: 'text',
    body: reply.selectedDisplayText ?? reply.selectedId
  }),
  listResponseMessage: reply => ({
    type: 'text',
    body: reply.title ?? reply.singleSelectReply?.selectedRowId
  }),
  interactiveResponseMessage: reply => ({
    type: 'text',
    body: reply.body?.text ?? reply.nativeFlowResponseMessage?.name
  })
}
