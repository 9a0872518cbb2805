// A list that updates its rows in place, so that a redraw never loses a click or the focus.

/**
 * @template Shown
 * @typedef {object} Row
 * @property {HTMLElement} outer
 * @property {(shown: Shown) => void} update
 */

/**
 * Returns a function that updates the list to the given rows, by name, in the given order.
 * @template Shown
 * @param {HTMLElement} place
 * @param {(name: string) => Row<Shown>} make
 * @returns {(rows: ReadonlyArray<readonly [string, Shown]>) => void}
 */
export const makeRows = (place, make) => {
  /** @type {Map<string, Row<Shown>>} */
  const made = new Map()
  return rows => {
    const wanted = new Set(rows.map(([name]) => name))
    for (const [name, { outer }] of made) {
      if (wanted.has(name)) continue
      outer.remove()
      made.delete(name)
    }
    rows.forEach(([name, shown], at) => {
      const row = made.get(name) ?? make(name)
      made.set(name, row)
      row.update(shown)
      if (place.children[at] !== row.outer) place.insertBefore(row.outer, place.children[at] ?? null)
    })
  }
}
