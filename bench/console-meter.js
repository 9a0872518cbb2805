// Runs in the page of the console: scrolls its list of messages and measures what a person would feel of it.
globalThis.meter = (() => {
  const list = () => document.querySelector('.window-list')
  const rows = () => [...document.querySelectorAll('.window-rows > [data-key]')]
  const frame = () => new Promise(requestAnimationFrame)
  const isAtStart = () => document.querySelector('.row-start') !== null
  const isAtEnd = () => document.querySelector('.to-end') === null

  /** The row in the middle of what is seen; rows stand in order, so halving finds it. */
  const middleRow = all => {
    const { bottom, top } = list().getBoundingClientRect()
    let [low, high] = [0, all.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (all[middle].getBoundingClientRect().bottom > (top + bottom) / 2) high = middle
      else low = middle + 1
    }
    return all[low]
  }

  /** How far a row is from where it should be after scrolling by what was scrolled; 0 when the row has gone. */
  const jumpOf = ({ row, top }) => (row?.isConnected ? Math.abs(row.getBoundingClientRect().top - top) : 0)

  /** Scrolls so many pixels in each frame, up or down, for so long. */
  const scroll = async (pixels, milliseconds) => {
    const frames = []
    const ids = new Set()
    let [nodes, jump, starved, last] = [0, 0, 0, await frame()]
    let [first, final] = ['', '']
    const end = last + milliseconds
    while (last < end) {
      const all = rows()
      const row = middleRow(all)
      const before = list().scrollTop
      const top = row.getBoundingClientRect().top
      list().scrollTop += pixels
      const scrolled = list().scrollTop - before
      if (Math.abs(scrolled) < Math.abs(pixels) / 2 && !(pixels < 0 ? isAtStart() : isAtEnd())) starved += 1
      const now = await frame()
      jump = Math.max(jump, jumpOf({ row, top: top - scrolled }))
      frames.push(now - last)
      last = now
      if (all[0].dataset.key !== first || all.at(-1).dataset.key !== final) {
        for (const one of all) ids.add(one.dataset.key)
        nodes = Math.max(nodes, document.getElementsByTagName('*').length)
        first = all[0].dataset.key
        final = all.at(-1).dataset.key
      }
    }
    return { frames, nodes, jump, starved, messages: ids.size }
  }

  /** Goes on as fast as pages come, to the first message or to the last; `ids` of all that were shown. */
  const through = async isUp => {
    const ids = new Set()
    let nodes = 0
    const started = performance.now()
    const seen = () => {
      for (const row of rows()) ids.add(row.dataset.key)
      nodes = Math.max(nodes, document.getElementsByTagName('*').length)
    }
    seen()
    while (!(isUp ? isAtStart() : isAtEnd())) {
      list().scrollTop = isUp ? 0 : list().scrollHeight
      await frame()
      seen()
    }
    return { messages: ids.size, nodes, milliseconds: performance.now() - started }
  }

  const untilAtEnd = async () => {
    while (!isAtEnd()) await frame()
  }

  const forgetShown = () => {
    for (const row of document.querySelectorAll('.revealed')) row.classList.remove('revealed')
  }

  /** Until the message is in view that a jump leads to, and the list stands still. */
  const untilShown = async () => {
    while (document.querySelector('.revealed') === null) await frame()
    const box = list().getBoundingClientRect()
    const { bottom, top } = document.querySelector('.revealed').getBoundingClientRect()
    return bottom > box.top && top < box.bottom
  }

  return { forgetShown, isAtStart, scroll, through, untilAtEnd, untilShown }
})()
