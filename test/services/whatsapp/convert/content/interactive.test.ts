// What is to be pressed or chosen from, and the answers.
import { test } from 'vitest'
import { isShown, type Row } from './shown.ts'

const label = (text: string) => ({ buttonParamsJson: JSON.stringify({ display_text: text }) })

const rows: ReadonlyArray<Row> = [
  [
    'a list',
    {
      listMessage: {
        title: 'Menu',
        description: 'Choose',
        footerText: 'Bon appétit',
        sections: [{ title: 'Pizza', rows: [{ title: 'Large', description: '32 cm' }, { title: 'Small' }] }]
      }
    },
    { type: 'text', body: 'Menu\nChoose\nPizza\n• Large (32 cm)\n• Small\nBon appétit' }
  ],
  [
    'buttons',
    {
      buttonsMessage: {
        contentText: 'Really?',
        footerText: 'Think',
        buttons: [{ buttonText: { displayText: 'Yes' } }, { buttonText: {} }]
      }
    },
    { type: 'text', body: 'Really?\nThink\n• Yes' }
  ],
  [
    'buttons under a picture, as a picture',
    { buttonsMessage: { contentText: 'New', imageMessage: { mimetype: 'image/png' } } },
    { type: 'image', body: 'New', media: { mimeType: 'image/png' } }
  ],
  [
    'a template',
    {
      templateMessage: {
        hydratedTemplate: {
          hydratedTitleText: 'Your parcel',
          hydratedContentText: 'is here',
          hydratedButtons: [{ urlButton: { displayText: 'Track', url: 'https://x.y' } }]
        }
      }
    },
    { type: 'text', body: 'Your parcel\nis here\n• Track (https://x.y)' }
  ],
  [
    'an interactive message',
    {
      interactiveMessage: {
        header: { title: 'Offer' },
        body: { text: 'Two for one' },
        footer: { text: 'Today' },
        nativeFlowMessage: { buttons: [label('Buy'), { buttonParamsJson: '{' }, { buttonParamsJson: '[1]' }] }
      }
    },
    { type: 'text', body: 'Offer\nTwo for one\nToday\n• Buy' }
  ],
  [
    'a carousel',
    {
      interactiveMessage: {
        body: { text: 'See' },
        carouselMessage: { cards: [{ body: { text: 'One' } }, { body: { text: 'Two' } }] }
      }
    },
    { body: 'See\nOne\nTwo' }
  ],
  [
    'a structured message',
    { highlyStructuredMessage: { params: ['12', 'May'] } },
    { type: 'text', body: '12\nMay' }
  ],
  [
    'a pressed button',
    { buttonsResponseMessage: { selectedDisplayText: 'Yes, please', contextInfo: { stanzaId: 'Q' } } },
    { type: 'text', body: 'Yes, please', quoted: { whatsAppId: 'Q' } }
  ],
  [
    'a pressed button without words',
    { buttonsResponseMessage: { selectedButtonId: 'b1' } },
    { body: 'b1', answer: { kind: 'button', id: 'b1', title: null, parameters: null } }
  ],
  [
    'a pressed template button',
    { templateButtonReplyMessage: { selectedDisplayText: 'Track', selectedId: 'track-7' } },
    {
      type: 'text',
      body: 'Track',
      answer: { kind: 'template', id: 'track-7', title: 'Track', parameters: null }
    }
  ],
  [
    'a chosen list row',
    { listResponseMessage: { title: 'Large', singleSelectReply: { selectedRowId: 'row-32' } } },
    { type: 'text', body: 'Large', answer: { kind: 'list', id: 'row-32', title: 'Large', parameters: null } }
  ],
  [
    'an interactive answer',
    {
      interactiveResponseMessage: {
        body: { text: 'Friday' },
        nativeFlowResponseMessage: { name: 'book', paramsJson: '{"day":"fri"}' }
      }
    },
    {
      type: 'text',
      body: 'Friday',
      answer: { kind: 'flow', id: 'book', title: 'Friday', parameters: '{"day":"fri"}' }
    }
  ]
]

test.each(rows)('%s is shown', isShown)
