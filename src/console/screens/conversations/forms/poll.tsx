// A poll: its question, its answers, and how many of them one person may choose.
import { useSignal } from '@preact/signals'
import type { SendRequest } from '../../../../client/index.ts'
import { number } from '../../../format.ts'
import { t } from '../../../i18n/i18n.ts'
import { ChoiceField, TextField } from '../../../parts/fields.tsx'
import type { Lack } from '../../../parts/form.tsx'
import type { FormProps } from './field.tsx'

const MOST_OPTIONS = 12
/** As the API says it. */
const ANY_NUMBER = 0

const answersIn = (options: ReadonlyArray<string>): ReadonlyArray<string> =>
  options.map(option => option.trim()).filter(option => option !== '')

const requestOf = (
  question: string,
  options: ReadonlyArray<string>,
  selectable: number
): SendRequest | Lack => {
  const answers = answersIn(options)
  const firstEmpty = options.findIndex(option => option.trim() === '')
  if (question.trim() === '') return { field: 'question', lack: t('lack.question') }
  if (answers.length < 2) return { field: `option${firstEmpty}`, lack: t('lack.options') }
  const same = options.findIndex(
    (option, at) => option.trim() !== '' && answersIn(options.slice(0, at)).includes(option.trim())
  )
  if (same !== -1) return { field: `option${same}`, lack: t('lack.sameOption') }
  return {
    poll: {
      question: question.trim(),
      options: answers,
      selectable: Math.min(selectable, answers.length)
    }
  }
}

export const PollForm = ({ reads }: FormProps) => {
  const question = useSignal('')
  const options = useSignal<ReadonlyArray<string>>(['', ''])
  const selectable = useSignal(ANY_NUMBER)
  reads(() => requestOf(question.value, options.value, selectable.value))
  const change = (index: number, value: string): void => {
    const next = options.value.map((option, at) => (at === index ? value : option))
    // There is always an empty one to go on with.
    options.value = next.at(-1) !== '' && next.length < MOST_OPTIONS ? [...next, ''] : next
  }
  return (
    <>
      <TextField
        name="question"
        label={t('poll.question')}
        autofocus
        value={question.value}
        onInput={value => void (question.value = value)}
      />
      {options.value.map((option, index) => (
        <TextField
          key={index}
          name={`option${index}`}
          label={t('poll.option', { count: index + 1 })}
          value={option}
          onInput={value => change(index, value)}
        />
      ))}
      <ChoiceField
        label={t('poll.selectable')}
        value={String(selectable.value)}
        options={[
          [String(ANY_NUMBER), t('poll.any')],
          ...answersIn(options.value).map((_, index) => [String(index + 1), number(index + 1)] as const)
        ]}
        onChange={value => void (selectable.value = Number(value))}
      />
    </>
  )
}
