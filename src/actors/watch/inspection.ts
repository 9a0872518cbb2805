// The actors as the Stately inspector hears of them, through its own `createInspector`, with nothing in it but what may
// be shown.
import { createInspector } from '@statelyai/inspect'
import { Actor, type AnyActor, type AnyActorRef, type InspectionEvent, StateMachine } from 'xstate'
import { concerns, type InspectedSystem, type InspectionFrame } from '../../services/telemetry/inspection.ts'
import { shown, shownDefinition, shownEvent } from './shown.ts'

type Inspector = ReturnType<typeof createInspector>

/** Definitions are large and never change. */
const definitions = new WeakMap<object, Readonly<Record<string, unknown>>>()

const definitionOf = (actor: AnyActorRef): Readonly<Record<string, unknown>> | undefined => {
  const logic: unknown = isActor(actor) ? actor.logic : undefined
  if (!(logic instanceof StateMachine)) return undefined
  const known = definitions.get(logic) ?? shownDefinition(logic.config)
  definitions.set(logic, known)
  return known
}

/** An account is called by its id; work that a state does by what it is, for its id says only where it stands. */
const nameOf = (actor: AnyActorRef): string => {
  const id = definitionOf(actor)?.['id']
  if (actor._parent === undefined && typeof id === 'string') return id
  return actor._parent?._parent !== undefined && typeof actor.src === 'string' ? actor.src : actor.id
}

/** Only a machine's snapshot has a value and a context; of other work it is told whether it goes on. */
const snapshotOf = (snapshot: unknown): { status: 'active' | 'done' | 'error' | 'stopped' } => {
  const { context, status, value } = isSnapshot(snapshot) ? snapshot : {}
  return {
    status: status === 'done' || status === 'error' || status === 'stopped' ? status : 'active',
    ...(value === undefined ? undefined : { value, context: shown(context) })
  }
}

const isSnapshot = (
  snapshot: unknown
): snapshot is { readonly status?: unknown; readonly value?: unknown; readonly context?: unknown } =>
  typeof snapshot === 'object' && snapshot !== null

const isActor = (actor: unknown): actor is AnyActor => actor instanceof Actor

/** Every actor below and including this one. */
const family = (actor: AnyActorRef): ReadonlyArray<AnyActorRef> => {
  const { children } = actor.getSnapshot() as {
    readonly children?: Readonly<Record<string, AnyActorRef | undefined>>
  }
  return [
    actor,
    ...Object.values(children ?? {}).flatMap(child => (child === undefined ? [] : family(child)))
  ]
}

/** Deeper than any definition, so that nothing of one is cut off. */
const DEEPEST = 40

export const inspectedSystem = (root: AnyActorRef): InspectedSystem => {
  const accountOf = (actor: AnyActorRef): string | undefined => {
    if (actor._parent === undefined) return undefined
    return actor._parent.sessionId === root.sessionId ? actor.id : accountOf(actor._parent)
  }

  const frame = (actor: AnyActorRef, tell: (inspector: Inspector) => void): InspectionFrame => {
    let text = ''
    const adapter = {
      // `createInspector` names machines, not actors, and knows no root when it is told by hand.
      send: (event: object) => {
        const whose = 'definition' in event ? { name: nameOf(actor) } : undefined
        text = JSON.stringify({ ...event, ...whose, rootId: root.sessionId })
      }
    }
    tell(createInspector(adapter, { serializationDepthLimit: DEEPEST }))
    return { accountId: accountOf(actor), text }
  }

  const registration = (actor: AnyActorRef): InspectionFrame =>
    frame(actor, inspector => {
      const config = definitionOf(actor) ?? { id: nameOf(actor) }
      // In the shape of an actor, without being one.
      const described = {
        sessionId: actor.sessionId,
        id: actor.id,
        logic: { config },
        ...REF,
        ...(actor._parent === undefined
          ? undefined
          : { _parent: { ...REF, sessionId: actor._parent.sessionId } })
      }
      inspector.actor(described, snapshotOf(actor.getSnapshot()))
    })

  const told = (event: InspectionEvent): InspectionFrame | undefined => {
    const { actorRef } = event
    if (!isActor(actorRef)) return undefined
    switch (event.type) {
      case '@xstate.actor':
        return registration(actorRef)
      case '@xstate.event':
        return frame(actorRef, inspector =>
          inspector.event(
            actorRef.sessionId,
            shownEvent(event.event),
            event.sourceRef === undefined ? undefined : { source: event.sourceRef.sessionId }
          )
        )
      case '@xstate.snapshot':
        return frame(actorRef, inspector =>
          inspector.snapshot(actorRef.sessionId, snapshotOf(event.snapshot), {
            event: shownEvent(event.event)
          })
        )
      default:
        return undefined
    }
  }

  return {
    present: accountId =>
      family(root)
        .filter(actor => concerns(accountId, accountOf(actor)))
        .map(registration),
    attach: hear => {
      const subscription = root.system.inspect({
        next: event => {
          const found = told(event)
          if (found !== undefined) hear(found)
        }
      })
      return () => subscription.unsubscribe()
    }
  }
}

const REF = { send: () => undefined, getSnapshot: () => undefined }
