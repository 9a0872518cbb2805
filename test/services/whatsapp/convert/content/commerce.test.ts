// Products, orders, payments and invitations.
import { test } from 'vitest'
import { isShown, type Row } from './shown.ts'

const rows: ReadonlyArray<Row> = [
  [
    'a product',
    {
      productMessage: {
        product: {
          title: 'Lamp',
          priceAmount1000: 12_500,
          currencyCode: 'EUR',
          productImage: { mimetype: 'image/png' }
        }
      }
    },
    { type: 'product', body: 'Lamp\n12.50 EUR', media: { mimeType: 'image/png' } }
  ],
  [
    'an order',
    { orderMessage: { orderTitle: 'Shop', itemCount: 2, totalAmount1000: 9000, totalCurrencyCode: 'EUR' } },
    { type: 'order', body: 'Shop\n2 items\n9.00 EUR' }
  ],
  ['an order without anything', { orderMessage: {} }, { type: 'order', body: null }],
  ['an invoice', { invoiceMessage: { note: 'March' } }, { type: 'payment', body: 'March' }],
  [
    'a payment',
    { sendPaymentMessage: { noteMessage: { conversation: 'For lunch' } } },
    { type: 'payment', body: 'Payment\nFor lunch' }
  ],
  [
    'a payment request',
    { requestPaymentMessage: { amount: { value: 1250, offset: 2, currencyCode: 'INR' } } },
    { type: 'payment', body: 'Payment request: 12.50 INR' }
  ],
  [
    'a payment request of an absurd amount',
    { requestPaymentMessage: { amount: { value: 1, offset: 4_000_000_000 } } },
    { body: 'Payment request' }
  ],
  ['a declined payment', { declinePaymentRequestMessage: {} }, { body: 'Payment request declined' }],
  ['a cancelled payment', { cancelPaymentRequestMessage: {} }, { body: 'Payment request cancelled' }],
  ['a payment invitation', { paymentInviteMessage: {} }, { type: 'payment' }],
  [
    'an invitation to a group',
    { groupInviteMessage: { groupName: 'Trip', caption: 'Come' } },
    { type: 'invite', body: 'Come\nInvitation to the group "Trip"' }
  ],
  ['an invitation to a channel', { newsletterAdminInviteMessage: {} }, { body: 'Invitation to a channel' }]
]

test.each(rows)('%s is shown', isShown)
