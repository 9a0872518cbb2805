// Text: plain and extended, an assistant's answer, answers to questions.
import type { Family } from './parts.ts'
import { lines } from './parts.ts'

export const TEXT: Family = {
  conversation: text => ({ type: 'text', body: text }),
  extendedTextMessage: ({ text }) => ({ type: 'text', body: text }),
  richResponseMessage: ({ submessages }) => ({
    type: 'text',
    body: lines(...(submessages ?? []).map(({ messageText }) => messageText))
  }),
  questionResponseMessage: ({ text }) => ({ type: 'text', body: text }),
  statusQuestionAnswerMessage: ({ text }) => ({ type: 'text', body: text }),
  statusQuotedMessage: ({ text }) => ({ type: 'text', body: text })
}
