// Products, orders, payments and invitations.
import type { proto } from '@whiskeysockets/baileys'
import { numberOf } from '../numbers.ts'
import { media } from './media.ts'
import { type Family, lines } from './parts.ts'

const thousandths = (amount: unknown, currency: string | null | undefined): string | undefined => {
  const number = numberOf(amount)
  return number === null ? undefined : `${(number / 1000).toFixed(2)} ${currency ?? ''}`.trim()
}

const money = (given: proto.IMoney | null | undefined): string | undefined => {
  const value = numberOf(given?.value)
  const decimals = given?.offset ?? 0
  if (value === null || decimals > 6) return undefined
  // Despite its name in the protobuf, the offset is the divisor's power of ten.
  return `${(value / 10 ** decimals).toFixed(2)} ${given?.currencyCode ?? ''}`.trim()
}

const noteOf = (note: proto.IMessage | null | undefined): string | null | undefined =>
  note?.extendedTextMessage?.text ?? note?.conversation

const invitation = (to: 'group' | 'channel', name: string | null | undefined): string =>
  name ? `Invitation to the ${to} "${name}"` : `Invitation to a ${to}`

const after = (words: string, amount: string | undefined): string =>
  amount === undefined ? words : `${words}: ${amount}`

export const COMMERCE: Family = {
  productMessage: ({ body, footer, product }) => ({
    type: 'product',
    body: lines(
      product?.title,
      product?.description,
      thousandths(product?.priceAmount1000, product?.currencyCode),
      body,
      footer
    ),
    media: product?.productImage ? media(product.productImage) : null
  }),
  orderMessage: order => ({
    type: 'order',
    body: lines(
      order.orderTitle,
      order.message,
      order.itemCount ? `${order.itemCount} ${order.itemCount === 1 ? 'item' : 'items'}` : undefined,
      thousandths(order.totalAmount1000, order.totalCurrencyCode)
    )
  }),
  invoiceMessage: invoice => ({
    type: 'payment',
    body: invoice.note,
    media: invoice.attachmentDirectPath
      ? media({
          mimetype: invoice.attachmentMimetype ?? null,
          directPath: invoice.attachmentDirectPath,
          mediaKey: invoice.attachmentMediaKey ?? null,
          fileSha256: invoice.attachmentFileSha256 ?? null,
          fileEncSha256: invoice.attachmentFileEncSha256 ?? null
        })
      : null
  }),
  sendPaymentMessage: ({ noteMessage }) => ({ type: 'payment', body: lines('Payment', noteOf(noteMessage)) }),
  requestPaymentMessage: request => ({
    type: 'payment',
    body: lines(
      after(
        'Payment request',
        money(request.amount) ?? thousandths(request.amount1000, request.currencyCodeIso4217)
      ),
      noteOf(request.noteMessage)
    )
  }),
  declinePaymentRequestMessage: () => ({ type: 'payment', body: 'Payment request declined' }),
  cancelPaymentRequestMessage: () => ({ type: 'payment', body: 'Payment request cancelled' }),
  paymentInviteMessage: () => ({ type: 'payment', body: 'Invitation to pay with WhatsApp' }),
  groupInviteMessage: ({ caption, groupName }) => ({
    type: 'invite',
    body: lines(caption, invitation('group', groupName))
  }),
  newsletterAdminInviteMessage: ({ caption, newsletterName }) => ({
    type: 'invite',
    body: lines(caption, invitation('channel', newsletterName))
  }),
  newsletterFollowerInviteMessageV2: ({ caption, newsletterName }) => ({
    type: 'invite',
    body: lines(caption, invitation('channel', newsletterName))
  })
}
