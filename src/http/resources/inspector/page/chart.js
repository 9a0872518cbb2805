// Draws a machine: its states as nested boxes, the active ones highlighted, with arrows for the possible transitions.
import { activePaths, definitionAt, saidOf, statesOf, targetPath } from './model.js'

/** @typedef {import('./model.js').Actor} Actor */
/** @typedef {import('./model.js').Definition} Definition */
/** @typedef {import('./model.js').Transition} Transition */

/**
 * A possible transition from an active state.
 * @typedef {object} Way
 * @property {string} from path of the state
 * @property {string | undefined} to path of the target; `undefined` for a transition that stays in its state
 * @property {string} label the event or delay
 * @property {string | undefined} guard
 */

const SVG = 'http://www.w3.org/2000/svg'

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export const element = (tag, className, ...children) => {
  const made = document.createElement(tag)
  if (className) made.className = className
  made.append(...children)
  return made
}

/**
 * @param {Definition} definition
 * @param {string} path
 * @param {string} machineId
 * @returns {ReadonlyArray<Way>}
 */
const waysOf = (definition, path, machineId) => {
  const ways = (/** @type {string} */ label, /** @type {ReadonlyArray<Transition>} */ transitions) =>
    transitions.map(({ guard, target }) => ({
      from: path,
      to: target === undefined ? undefined : targetPath(target, path, machineId),
      label,
      guard: guard?.type
    }))
  return [
    ...Object.entries(definition.on ?? {}).flatMap(([event, transitions]) => ways(event, transitions)),
    ...Object.entries(definition.after ?? {}).flatMap(([delay, transitions]) =>
      ways(`after ${delay}`, transitions)
    ),
    ...(definition.invoke ?? []).flatMap(({ id, onDone, src }) => ways(`${id ?? src} done`, onDone ?? []))
  ]
}

/**
 * The transitions that the actor's current state allows, the innermost state first.
 * @param {Actor} actor
 * @returns {ReadonlyArray<Way>}
 */
export const waysFrom = ({ definition, snapshot }) => {
  const id = definition.id ?? ''
  const inner = activePaths(snapshot.value)
    .toReversed()
    .flatMap(path => waysOf(definitionAt(definition, path) ?? {}, path, id))
  return [...inner, ...waysOf(definition, '', id)].filter(({ to }) => to !== undefined)
}

/**
 * @param {string} name
 * @param {Definition} definition
 * @param {string} path
 * @returns {HTMLElement}
 */
const box = (name, definition, path) => {
  const inner = statesOf(definition)
  const work = (definition.invoke ?? []).map(({ id, src }) => element('span', 'work', id ?? src ?? ''))
  const made = element(
    'div',
    inner.length > 0 ? 'state compound' : 'state',
    element('div', 'state-name', name),
    ...(work.length > 0 ? [element('div', 'works', ...work)] : []),
    ...(inner.length > 0
      ? [element('div', 'states', ...inner.map(([child, one]) => box(child, one, `${path}.${child}`)))]
      : [])
  )
  made.dataset['path'] = path
  return made
}

/** The drawing of one actor's machine. */
export class Chart {
  /** @type {HTMLElement} */
  #place
  /** @type {SVGSVGElement} */
  #arrows
  /** The machine that is drawn; only another machine needs a new drawing. */
  #drawn = ''

  /** @param {HTMLElement} place */
  constructor(place) {
    this.#place = place
    this.#arrows = document.createElementNS(SVG, 'svg')
    this.#arrows.classList.add('arrows')
    this.#arrows.setAttribute('aria-hidden', 'true')
    new ResizeObserver(() => this.#again()).observe(place)
  }

  #again = () => {}

  /** @param {Actor} actor */
  show(actor) {
    const { definition, sessionId } = actor
    if (this.#drawn !== sessionId) {
      this.#drawn = sessionId
      const states = statesOf(definition)
      this.#place.replaceChildren(
        this.#arrows,
        ...(states.length > 0
          ? [element('div', 'states top', ...states.map(([name, one]) => box(name, one, name)))]
          : [element('p', 'hint', 'This actor has no states: it only supervises.')])
      )
    }
    const active = new Set(activePaths(actor.snapshot.value))
    for (const made of this.#boxes()) made.classList.toggle('active', active.has(made.dataset['path'] ?? ''))
    this.#again = () => this.#drawArrows(actor)
    this.#again()
  }

  #boxes() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.#place.querySelectorAll('.state'))]
  }

  /** @param {string} path */
  #boxOf(path) {
    return this.#boxes().find(made => made.dataset['path'] === path)
  }

  /** @param {Actor} actor */
  #drawArrows(actor) {
    const { height, left, top, width } = this.#place.getBoundingClientRect()
    this.#arrows.setAttribute('viewBox', `0 0 ${width} ${height}`)
    this.#arrows.setAttribute('width', String(width))
    this.#arrows.setAttribute('height', String(height))
    this.#arrows.replaceChildren()
    /** @type {Set<string>} */
    const drawn = new Set()
    const innermost = activePaths(actor.snapshot.value).at(-1)
    for (const { from, to, label } of waysFrom(actor)) {
      const source = this.#boxOf(innermost ?? from)
      const target = to === undefined ? undefined : this.#boxOf(to)
      // An arrow to an enclosing state would say nothing.
      if (source === undefined || target === undefined || target.contains(source) || drawn.has(to ?? ''))
        continue
      drawn.add(to ?? '')
      const [a, b] = nearest(source.getBoundingClientRect(), target.getBoundingClientRect())
      const [x1, y1, x2, y2] = [a.x - left, a.y - top, b.x - left, b.y - top]
      const bend = Math.min(60, Math.hypot(x2 - x1, y2 - y1) / 3)
      const path = document.createElementNS(SVG, 'path')
      path.setAttribute(
        'd',
        `M${x1} ${y1} C${x1 + a.dx * bend} ${y1 + a.dy * bend} ${x2 + b.dx * bend} ${y2 + b.dy * bend} ${x2} ${y2}`
      )
      path.classList.add(
        label.startsWith('after') ? 'timed' : label.startsWith('command.') ? 'command' : 'event'
      )
      const tip = document.createElementNS(SVG, 'path')
      tip.setAttribute('d', arrowHead(x2, y2, b.dx, b.dy))
      tip.classList.add('tip')
      this.#arrows.append(path, tip)
    }
  }
}

/**
 * The midpoints of the two nearest sides, each with the direction that points out of its box.
 * @param {DOMRect} a
 * @param {DOMRect} b
 */
const nearest = (a, b) => {
  const sides = (/** @type {DOMRect} */ box) => [
    { x: box.left + box.width / 2, y: box.top, dx: 0, dy: -1 },
    { x: box.left + box.width / 2, y: box.bottom, dx: 0, dy: 1 },
    { x: box.left, y: box.top + box.height / 2, dx: -1, dy: 0 },
    { x: box.right, y: box.top + box.height / 2, dx: 1, dy: 0 }
  ]
  const pairs = sides(a).flatMap(one => sides(b).map(other => /** @type {const} */ ([one, other])))
  return pairs.reduce((best, pair) => (distance(pair) < distance(best) ? pair : best))
}

/** @param {readonly [{ x: number, y: number }, { x: number, y: number }]} pair */
const distance = ([a, b]) => Math.hypot(a.x - b.x, a.y - b.y)

/** @param {number} x @param {number} y @param {number} dx @param {number} dy */
const arrowHead = (x, y, dx, dy) => {
  const [length, half] = [8, 4]
  return `M${x} ${y} L${x + dx * length + dy * half} ${y + dy * length + dx * half} L${x + dx * length - dy * half} ${y + dy * length - dx * half} Z`
}

/** @param {Way} way */
export const wayRow = ({ guard, label, to }) =>
  element(
    'li',
    label.startsWith('after') ? 'timed' : label.startsWith('command.') ? 'command' : 'event',
    element('b', '', saidOf({}, label)),
    ...(guard === undefined ? [] : [element('i', '', guard)]),
    element('span', '', `→ ${to?.split('.').at(-1) ?? ''}`)
  )
