// Buttons, lists and templates of businesses, and people's answers to them. Both become the text a person
// reads; a picture, video, file or place on top makes the message one of that type.
import type { proto } from '@whiskeysockets/baileys'
import type { Answer } from '../../../../domain/message.ts'
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

/** An answer is the text that the person saw; without one, its id. */
const answered = ({
  id,
  kind,
  parameters,
  title
}: {
  readonly kind: Answer['kind']
  readonly id: string | null | undefined
  readonly title: string | null | undefined
  readonly parameters?: string | null | undefined
}): Parts => ({
  type: 'text',
  body: title ?? id,
  answer: { kind, id: id ?? null, title: title ?? null, parameters: parameters ?? null }
})

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
  buttonsResponseMessage: ({ selectedButtonId, selectedDisplayText }) =>
    answered({ kind: 'button', id: selectedButtonId, title: selectedDisplayText }),
  templateButtonReplyMessage: ({ selectedDisplayText, selectedId }) =>
    answered({ kind: 'template', id: selectedId, title: selectedDisplayText }),
  listResponseMessage: ({ singleSelectReply, title }) =>
    answered({ kind: 'list', id: singleSelectReply?.selectedRowId, title }),
  interactiveResponseMessage: ({ body, nativeFlowResponseMessage: flow }) =>
    answered({ kind: 'flow', id: flow?.name, title: body?.text, parameters: flow?.paramsJson })
}
