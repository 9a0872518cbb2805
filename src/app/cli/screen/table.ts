// Rows in aligned columns, as wide as the terminal allows.
import { displayWidth } from 'effect/cli/CliOutput'
import type { Style } from './style.ts'

const GAP = '  '

/** A cell, and how it is drawn once its width is known. */
export interface Cell {
  readonly text: string
  readonly draw?: (text: string) => string
}

export interface TableOptions {
  readonly style: Style
  /** Cells of the terminal; `undefined` where lines may be of any length. */
  readonly columns: number | undefined
}

const segmenter = new Intl.Segmenter()

/** At most as many cells as there is room for; what is left out is an ellipsis. */
export const shortened = (text: string, width: number): string => {
  if (displayWidth(text) <= width) return text
  let kept = ''
  for (const { segment } of segmenter.segment(text)) {
    if (displayWidth(kept + segment) > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

const padded = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - displayWidth(text)))

/** The last column takes what the others leave of the line. */
const widthsOf = (rows: ReadonlyArray<ReadonlyArray<Cell>>, columns: number | undefined) => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map(row => displayWidth(row[column]?.text ?? '')))
  )
  if (columns === undefined || widths.length === 0) return widths
  const others = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0)
  const last = Math.max(10, Math.min(widths.at(-1) ?? 0, columns - others))
  return [...widths.slice(0, -1), last]
}

/** The lines of a table, each ended by a line break. Texts must be `plain`. */
export const table = (
  headings: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<Cell | string>>,
  { columns, style }: TableOptions
): string => {
  const head: ReadonlyArray<Cell> = headings.map(text => ({ text: text.toUpperCase(), draw: style.faint }))
  const all = [head, ...rows.map(row => row.map(cell => (typeof cell === 'string' ? { text: cell } : cell)))]
  const widths = widthsOf(all, columns)
  const line = (row: ReadonlyArray<Cell>): string =>
    row
      .map(({ draw = text => text, text }, column) => {
        const width = widths[column] ?? 0
        const short = shortened(text, width)
        return column === row.length - 1
          ? draw(short)
          : draw(short) + padded(short, width).slice(short.length)
      })
      .join(GAP)
      .trimEnd()
  return all.map(row => `${line(row)}\n`).join('')
}

/** Names and values, one pair a line, the values below each other. */
export const facts = (pairs: ReadonlyArray<readonly [name: string, value: string]>, style: Style): string => {
  const width = Math.max(0, ...pairs.map(([name]) => displayWidth(name)))
  return pairs.map(([name, value]) => `${style.faint(padded(name, width))}${GAP}${value}\n`).join('')
}
