// A machine as a graph: every transition it defines, paths that take them, and what running those paths has covered.
import type {
  AnyTransitionDefinition,
  EventFromLogic,
  InputFrom,
  InspectionEvent,
  SnapshotFrom,
  AnyStateNode
} from 'xstate'
import { getAdjacencyMap, getShortestPaths, getSimplePaths } from 'xstate/graph'
import type { accountMachine } from '../../src/machines/account.ts'

type Machine = typeof accountMachine
type Event = EventFromLogic<Machine>
type Snapshot = SnapshotFrom<Machine>

/** A path from the machine's beginning with `input`: the events, and the state after each. */
export interface Path {
  readonly input: InputFrom<Machine>
  readonly steps: ReadonlyArray<{ readonly event: Event; readonly state: Snapshot }>
}

const nodesOf = (node: AnyStateNode): ReadonlyArray<AnyStateNode> => [
  node,
  ...Object.values(node.states).flatMap(nodesOf)
]

/** `account.session.connecting: socket.opened → account.session.online`, with the guard that lets it pass. */
export const nameOf = ({ eventType, guard, source, target }: AnyTransitionDefinition): string => {
  const by = guard === undefined ? '' : ` [${typeof guard === 'string' ? guard : guardName(guard)}]`
  const to = (target ?? []).map(node => node.id).join(', ') || '(stays)'
  return `${source.id}: ${eventType === '' ? '(always)' : eventType}${by} → ${to}`
}

const guardName = (guard: unknown): string => {
  const { params, type } = guard as { type: string; params?: object }
  return params === undefined ? type : `${type} ${JSON.stringify(params)}`
}

/** Every transition that the machine defines. */
export const transitionsOf = (machine: {
  readonly root: AnyStateNode
}): ReadonlyArray<AnyTransitionDefinition> =>
  nodesOf(machine.root).flatMap(node => [
    ...[...node.transitions.values()].flat(),
    ...((node.always ?? []) as ReadonlyArray<AnyTransitionDefinition>)
  ])

/** How the machine's graph is made: its events, where a state has a use for them, and what tells its states apart. */
const graphOptions = (
  machine: Machine,
  sample: (type: string) => ReadonlyArray<Event>,
  told: (snapshot: Snapshot) => string
) => {
  const events = machine.events.flatMap(type => sample(type))
  return {
    events: (snapshot: Snapshot) =>
      events.filter(event => machine.getTransitionData(snapshot as never, event).length > 0),
    serializeState: told,
    serializeEvent: (event: Event) => JSON.stringify(event)
  }
}

/**
 * The shortest path to every state, and behind each one every event that leads on from there. `sample` makes the events
 * of a type; `told` tells states apart.
 */
export const pathsOf = (
  machine: Machine,
  inputs: ReadonlyArray<InputFrom<Machine>>,
  sample: (type: string) => ReadonlyArray<Event>,
  told: (snapshot: Snapshot) => string
): ReadonlyArray<Path> => {
  const graph = graphOptions(machine, sample, told)
  const seen = new Set<string>()
  const isNew = (edge: string): boolean => !seen.has(edge) && seen.add(edge).size > 0
  return inputs.flatMap(input => {
    const options = { input, ...graph }
    const edges = getAdjacencyMap(machine, options)
    return getShortestPaths(machine, options).flatMap(({ state, steps }) => {
      const behind = Object.values(edges[told(state as Snapshot) as never]?.transitions ?? {})
      const path: Path = { input, steps: steps as Path['steps'] }
      const beyond = behind
        .map(step => step as Path['steps'][number])
        // The same state, reached from another beginning, leads on in the same way.
        .filter(({ event }) => isNew(`${told(state as Snapshot)} ${JSON.stringify(event)}`))
      return [path, ...beyond.map(step => ({ input, steps: [...path.steps, step] }))]
    })
  })
}

/**
 * Every path that comes to no state twice, where `told` says which states are the same: what the shortest way leaves out.
 * The state of a step is one of those that are told alike.
 */
export const simplePathsOf = (
  machine: Machine,
  inputs: ReadonlyArray<InputFrom<Machine>>,
  sample: (type: string) => ReadonlyArray<Event>,
  told: (snapshot: Snapshot) => string
): ReadonlyArray<Path> => {
  const graph = graphOptions(machine, sample, told)
  return inputs.flatMap(input =>
    getSimplePaths(machine, { input, ...graph }).map(({ steps }) => ({
      input,
      steps: steps as Path['steps']
    }))
  )
}

export interface Coverage {
  readonly inspect: (event: InspectionEvent) => void
  /** The transitions that were never taken. */
  readonly missing: () => ReadonlyArray<string>
}

/** Notes which of the machine's transitions are taken by actors that are inspected with it; of whatever instance of it. */
export const coverageOf = (machine: { readonly root: AnyStateNode }): Coverage => {
  const missing = new Set(transitionsOf(machine).map(nameOf))
  return {
    inspect: event => {
      if (event.type === '@xstate.microstep')
        for (const one of event._transitions) missing.delete(nameOf(one))
    },
    missing: () => [...missing]
  }
}
