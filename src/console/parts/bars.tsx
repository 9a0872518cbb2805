// Bars: how far something is, and of what a whole is made.
import { number, percent } from '../format.ts'

interface ProgressProps {
  readonly label: string
  /** From 0 to 1; `null` while it is not known. */
  readonly share: number | null
  readonly note?: string
}

export const ProgressBar = ({ label, note, share }: ProgressProps) => (
  <div class="meter">
    <div class="meter-head">
      <span>{label}</span>
      <span class="soft">{note || (share === null ? '' : percent(share))}</span>
    </div>
    <progress aria-label={label} max={1} {...(share === null ? {} : { value: share })} />
  </div>
)

export interface Part {
  readonly name: string
  readonly count: number
  readonly look: 'complete' | 'partial' | 'unknown'
}

export const PartsBar = ({
  label,
  parts
}: {
  readonly label: string
  readonly parts: ReadonlyArray<Part>
}) => {
  const total = parts.reduce((sum, { count }) => sum + count, 0)
  const shown = parts.filter(({ count }) => count > 0)
  return (
    <div class="meter">
      <div class="meter-head">
        <span>{label}</span>
      </div>
      <div class="parts" aria-hidden="true">
        {shown.map(({ count, look }) => (
          <i key={look} class={look} style={{ flexGrow: count / Math.max(1, total) }} />
        ))}
      </div>
      <ul class="legend">
        {shown.map(({ count, look, name }) => (
          <li key={look} class={look}>
            <b>{number(count)}</b> {name}
          </li>
        ))}
      </ul>
    </div>
  )
}
