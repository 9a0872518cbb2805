// What is known from the stream: every live actor with its state, its context and its last events.

/**
 * A node of a machine's definition: the parts that are drawn.
 * @typedef {object} Definition
 * @property {string} [id]
 * @property {string} [initial]
 * @property {string} [tags]
 * @property {number} [order] position among its sibling states
 * @property {Record<string, Definition>} [states]
 * @property {Record<string, ReadonlyArray<Transition>>} [on]
 * @property {Record<string, ReadonlyArray<Transition>>} [after]
 * @property {ReadonlyArray<Transition>} [always]
 * @property {ReadonlyArray<{ id?: string, src?: string, onDone?: ReadonlyArray<Transition> }>} [invoke]
 */
/** @typedef {{ target?: string, guard?: { type: string } }} Transition */
/** @typedef {string | { readonly [state: string]: StateValue }} StateValue */
/** @typedef {{ status: string, value?: StateValue, context?: Record<string, unknown> }} Snapshot */

/**
 * @typedef {object} Happening
 * @property {number} at milliseconds since 1970
 * @property {string} type of the event
 * @property {Record<string, unknown>} carried the fields of the event that the server shows
 * @property {string} from the state before
 * @property {string} to the state after
 */

/**
 * @typedef {object} Actor
 * @property {string} sessionId
 * @property {string} name
 * @property {string | undefined} parentId
 * @property {Definition} definition
 * @property {Snapshot} snapshot
 * @property {number} since when it entered its state, or was first seen in it; milliseconds since 1970
 * @property {boolean} isExact whether the page saw it enter its state
 * @property {Frame} registration as the stream sent it, for the Stately inspector
 */

/**
 * A message of the stream.
 * @typedef {object} Frame
 * @property {string} type
 * @property {string} sessionId
 * @property {string} [createdAt]
 * @property {string} [name]
 * @property {string} [parentId]
 * @property {string} [definition]
 * @property {Snapshot} [snapshot]
 * @property {{ type: string }} [event]
 * @property {number} [count]
 */

const MOST_HAPPENINGS = 60

/**
 * The leaf of a state value: `{ session: { online: 'open' } }` is `open`.
 * @param {StateValue | undefined} value
 * @returns {string}
 */
export const leafOf = value => {
  if (value === undefined || typeof value === 'string') return value ?? ''
  const [inner] = Object.values(value)
  return leafOf(inner)
}

/**
 * The active states from the outside in, each with its whole path: `session`, `session.online`, `session.online.open`.
 * @param {StateValue | undefined} value
 * @param {string} [above]
 * @returns {ReadonlyArray<string>}
 */
export const activePaths = (value, above = '') => {
  if (value === undefined || value === '') return []
  if (typeof value === 'string') return [above + value]
  return Object.entries(value).flatMap(([name, inner]) => [
    above + name,
    ...activePaths(inner, `${above}${name}.`)
  ])
}

/**
 * The path of a transition's target, relative to the state that has the transition.
 * @param {string} target
 * @param {string} from path of the state
 * @param {string} machineId
 */
export const targetPath = (target, from, machineId) => {
  if (target.startsWith(`#${machineId}.`)) return target.slice(machineId.length + 2)
  if (target.startsWith('.')) return from + target
  const above = from.split('.').slice(0, -1)
  return [...above, target].join('.')
}

/**
 * The child states of a state, in the order of the machine.
 * @param {Definition} definition
 */
export const statesOf = ({ states = {} }) =>
  Object.entries(states).toSorted(([, a], [, b]) => (a.order ?? 0) - (b.order ?? 0))

/**
 * The state at a path in a definition; the definition itself for an empty path.
 * @param {Definition} root
 * @param {string} path
 */
export const definitionAt = (root, path) =>
  path === ''
    ? root
    : path
        .split('.')
        .reduce((found, name) => found?.states?.[name], /** @type {Definition | undefined} */ (root))

/**
 * A short name of an event: `command.pair` is pair, and XState's own event types name what they refer to.
 * @param {Definition} definition of the machine that got it
 * @param {string} type
 */
export const saidOf = (definition, type) => {
  const work = /^xstate\.(done|error)\.actor\.(?:(\d+)\.)?(.+)$/.exec(type)
  if (work !== null) {
    const [, outcome, index, where = ''] = work
    const path = where.replace(definition.id ?? '', '').replace(/^\./, '')
    const name =
      index === undefined ? where : (definitionAt(definition, path)?.invoke?.[Number(index)]?.src ?? where)
    return `${name} ${outcome === 'done' ? 'is done' : 'failed'}`
  }
  const delay = /^xstate\.after\.(\w+)\./.exec(type)?.[1]
  return delay === undefined ? type.replace(/^(command|socket)\./, '') : `after ${delay}`
}

export class Model {
  /** @type {Map<string, Actor>} */
  actors = new Map()
  dropped = 0
  /** Whether all live actors have been listed since they were last expected. */
  isComplete = false
  /** By name: an account that is restarted is another actor, and its events before the restart are of interest then. @type {Map<string, Array<Happening>>} */
  #happened = new Map()

  /** @returns {Actor | undefined} */
  get root() {
    return [...this.actors.values()].find(({ parentId }) => parentId === undefined)
  }

  /** The machines under the root, by name. */
  get accounts() {
    const { root } = this
    return [...this.actors.values()]
      .filter(({ parentId }) => root !== undefined && parentId === root.sessionId)
      .toSorted((a, b) => a.name.localeCompare(b.name))
  }

  /** The events of an account or the supervisor, newest first. @param {Actor} actor @returns {Array<Happening>} */
  happeningsOf(actor) {
    return this.#happened.get(actor.name) ?? []
  }

  /** @param {Actor} actor */
  #isKept({ parentId }) {
    return parentId === undefined || parentId === this.root?.sessionId
  }

  /** @param {string} sessionId */
  childrenOf(sessionId) {
    return [...this.actors.values()].filter(({ parentId }) => parentId === sessionId)
  }

  /** @param {Frame} frame */
  hear(frame) {
    const at = Number(frame.createdAt ?? Date.now())
    if (frame.type === '@backscroll.dropped') {
      this.dropped += frame.count ?? 0
      this.expectPresent()
    } else if (frame.type === '@backscroll.present') this.#settle()
    else if (frame.type === '@xstate.actor') this.#register(frame, at)
    else if (frame.type === '@xstate.snapshot') this.#move(frame, at)
  }

  /** @param {Frame} frame @param {number} at */
  #register(frame, at) {
    const known = this.actors.get(frame.sessionId)
    const snapshot = frame.snapshot ?? { status: 'active' }
    const isSame = leafOf(known?.snapshot.value) === leafOf(snapshot.value)
    this.actors.set(frame.sessionId, {
      sessionId: frame.sessionId,
      name: frame.name ?? frame.sessionId,
      parentId: frame.parentId,
      definition: JSON.parse(frame.definition ?? '{}'),
      snapshot,
      since: known !== undefined && isSame ? known.since : at,
      isExact: known?.isExact === true && isSame,
      registration: frame
    })
  }

  /** @param {Frame} frame @param {number} at */
  #move(frame, at) {
    const actor = this.actors.get(frame.sessionId)
    if (actor === undefined || frame.snapshot === undefined) return
    const from = leafOf(actor.snapshot.value)
    const to = leafOf(frame.snapshot.value)
    const { type = '', ...carried } = frame.event ?? {}
    actor.snapshot = frame.snapshot
    if (from !== to) {
      actor.since = at
      actor.isExact = true
    }
    const happenings = this.happeningsOf(actor)
    happenings.unshift({ at, type, carried, from, to })
    happenings.length = Math.min(happenings.length, MOST_HAPPENINGS)
    if (this.#isKept(actor)) this.#happened.set(actor.name, happenings)
    if (frame.snapshot.status !== 'active') this.#forget(actor.sessionId)
  }

  /** A full listing of all actors begins: actors that it does not contain have ended. */
  expectPresent() {
    this.isComplete = false
    for (const actor of this.actors.values()) actor.snapshot = { ...actor.snapshot, status: 'unknown' }
  }

  /** Removes the actors that the last full listing did not contain. */
  #settle() {
    this.isComplete = true
    for (const { sessionId, snapshot } of this.actors.values()) {
      if (snapshot.status === 'unknown') this.#forget(sessionId)
    }
  }

  /** @param {string} sessionId */
  #forget(sessionId) {
    for (const child of this.childrenOf(sessionId)) this.#forget(child.sessionId)
    this.actors.delete(sessionId)
  }
}
