// A progress bar: drawn in place in a terminal, a line every tenth elsewhere.

const WIDTH = 30

export interface ProgressBar {
  readonly show: (value: number) => void
  readonly end: (value: number) => void
}

export const progressBar = (label: string, total: number): ProgressBar => {
  let shownTenth = -1
  const draw = (value: number): void => {
    const share = Math.min(1, total === 0 ? 1 : value / total)
    const filled = Math.round(share * WIDTH)
    const line = `${label} ${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${Math.round(share * 100)} % (${value} messages)`
    if (process.stdout.isTTY) process.stdout.write(`\r${line}`)
    else {
      const tenth = Math.floor(share * 10)
      if (tenth > shownTenth) process.stdout.write(`${line}\n`)
      shownTenth = Math.max(shownTenth, tenth)
    }
  }
  return {
    show: draw,
    end: value => {
      draw(value)
      if (process.stdout.isTTY) process.stdout.write('\n')
    }
  }
}
