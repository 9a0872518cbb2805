// A QR code in a terminal, two rows of it in each line of text.
import { create } from 'qrcode'

/** Light modules around the code: scanners need them. */
const QUIET = 2

/** Upper and lower half of a cell, dark as the ink. */
const BLOCKS: Readonly<Record<string, string>> = { '00': ' ', '10': '▀', '01': '▄', '11': '█' }

/** Dark on light, whatever the terminal's own colours are. */
const BLACK_ON_WHITE = '\u001B[30;107m'
const RESET = '\u001B[0m'

/** Without colours the light modules are the ink, as most terminals are dark. */
const modulesOf = (text: string, isLightInk: boolean) => {
  const { modules } = create(text, { errorCorrectionLevel: 'L' })
  const isDark = (row: number, column: number): boolean =>
    row >= 0 && column >= 0 && row < modules.size && column < modules.size && modules.get(row, column) !== 0
  return {
    size: modules.size,
    ink: (row: number, column: number): '0' | '1' => (isDark(row, column) === isLightInk ? '0' : '1')
  }
}

/** The code as lines, each ended by a line break. */
export const qrText = (text: string, hasColours: boolean): string => {
  const { ink, size } = modulesOf(text, !hasColours)
  const lines = []
  for (let row = -QUIET; row < size + QUIET; row += 2) {
    let line = ''
    for (let column = -QUIET; column < size + QUIET; column += 1)
      line += BLOCKS[ink(row, column) + ink(row + 1, column)] ?? ' '
    lines.push(hasColours ? `${BLACK_ON_WHITE}${line}${RESET}\n` : `${line}\n`)
  }
  return lines.join('')
}
