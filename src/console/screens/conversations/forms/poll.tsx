// A poll: its question, its answers, and how many of them one person may choose.
import { useSignal } from '@preact/signals'
import { number } from '../../../format.ts'
import { t } from '../../../i18n/i18n.ts'
import { Field, type FormProps } from './field.tsx'

const MOST_OPTIONS = 12
/** As the API says it. */
const ANY_NUMBER = 0

export const PollForm = ({ onChange }: FormProps) => {
  const question = useSignal('')
  const options = useSignal<ReadonlyArray<string>>(['', ''])
  const selectable = useSignal(ANY_NUMBER)
  const written = options.value.map(option => option.trim()).filter(option => option !== '')
  const tell = (): void => {
    const answers = options.value.map(option => option.trim()).filter(option => option !== '')
    const isComplete =
      question.value.trim() !== '' && new Set(answers).size === answers.length && answers.length > 1
    onChange(
      isComplete
        ? {
            poll: {
              question: question.value.trim(),
              options: answers,
              selectable: Math.min(selectable.value, answers.length)
            }
          }
        : undefined
    )
  }
  const change = (index: number, value: string): void => {
    const next = options.value.map((option, at) => (at === index ? value : option))
    // There is always an empty one to go on with.
    options.value = next.at(-1) !== '' && next.length < MOST_OPTIONS ? [...next, ''] : next
    tell()
  }
  return (
    <>
      <Field
        label={t('poll.question')}
        value={question.value}
        onInput={value => {
          question.value = value
          tell()
        }}
      />
      {options.value.map((option, index) => (
        <Field
          key={index}
          label={t('poll.option', { count: index + 1 })}
          value={option}
          onInput={value => change(index, value)}
        />
      ))}
      <label class="field">
        <span>{t('poll.selectable')}</span>
        <select
          value={selectable.value}
          onChange={({ currentTarget }) => {
            selectable.value = Number(currentTarget.value)
            tell()
          }}
        >
          <option value={ANY_NUMBER}>{t('poll.any')}</option>
          {written.map((_, index) => (
            <option key={index} value={index + 1}>
              {number(index + 1)}
            </option>
          ))}
        </select>
      </label>
    </>
  )
}
