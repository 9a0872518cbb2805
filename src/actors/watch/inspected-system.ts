// The actors as the Stately inspector receives them: frames made by its own `createInspector`, with only those fields in
// them that redaction lets through.
import { createInspector } from '@statelyai/inspect'
import { Actor, type AnyActor, type AnyActorRef, type InspectionEvent, StateMachine } from 'xstate'
import type { InspectedSystem } from '../../services/telemetry/inspection.ts'
import { concerns, type InspectionFrame } from '../../services/telemetry/inspection-viewer.ts'
import { redactedDefinition, redactedEvent, redactedFields } from './redaction.ts'

type Inspector = ReturnType<typeof createInspector>

/** `root` is the supervisor: its children are the accounts. */
export const inspectedSystem = (root: AnyActorRef): InspectedSystem => ({
  snapshot: accountId =>
    withDescendants(root)
      .filter(actor => concerns(accountId, accountOf(root, actor)))
      .map(actor => registrationFrame(root, actor)),
  subscribe: onFrame => {
    const subscription = root.system.inspect({
      next: event => {
        const frame = eventFrame(root, event)
        if (frame !== undefined) onFrame(frame)
      }
    })
    return () => subscription.unsubscribe()
  }
})

const withDescendants = (actor: AnyActorRef): ReadonlyArray<AnyActorRef> => {
  const { children } = actor.getSnapshot() as {
    readonly children?: Readonly<Record<string, AnyActorRef | undefined>>
  }
  return [
    actor,
    ...Object.values(children ?? {}).flatMap(child => (child === undefined ? [] : withDescendants(child)))
  ]
}

/** The account that the actor is or works for. */
const accountOf = (root: AnyActorRef, actor: AnyActorRef): string | undefined => {
  if (actor._parent === undefined) return undefined
  return actor._parent.sessionId === root.sessionId ? actor.id : accountOf(root, actor._parent)
}

const eventFrame = (root: AnyActorRef, event: InspectionEvent): InspectionFrame | undefined => {
  const { actorRef } = event
  if (!isActor(actorRef)) return undefined
  switch (event.type) {
    case '@xstate.actor':
      return registrationFrame(root, actorRef)
    case '@xstate.event':
      return frameOf(root, actorRef, inspector =>
        inspector.event(
          actorRef.sessionId,
          redactedEvent(event.event),
          event.sourceRef === undefined ? undefined : { source: event.sourceRef.sessionId }
        )
      )
    case '@xstate.snapshot':
      return frameOf(root, actorRef, inspector =>
        inspector.snapshot(actorRef.sessionId, redactedSnapshot(event.snapshot), {
          event: redactedEvent(event.event)
        })
      )
    default:
      return undefined
  }
}

/** Announces an actor with its definition and its present snapshot. */
const registrationFrame = (root: AnyActorRef, actor: AnyActorRef): InspectionFrame =>
  frameOf(root, actor, inspector => {
    const config = definitionOf(actor) ?? { id: nameOf(actor) }
    // In the shape of an actor, without being one.
    const described = {
      sessionId: actor.sessionId,
      id: actor.id,
      logic: { config },
      ...NO_ACTOR,
      ...(actor._parent === undefined
        ? undefined
        : { _parent: { ...NO_ACTOR, sessionId: actor._parent.sessionId } })
    }
    inspector.actor(described, redactedSnapshot(actor.getSnapshot()))
  })

const NO_ACTOR = { send: () => undefined, getSnapshot: () => undefined }

/** Deeper than any definition, so that nothing of one is cut off. */
const DEEPEST = 40

/** The message that the inspector sends when `describe` calls it. */
const frameOf = (
  root: AnyActorRef,
  actor: AnyActorRef,
  describe: (inspector: Inspector) => void
): InspectionFrame => {
  let text = ''
  const adapter = {
    // `createInspector` names machines, not actors, and does not know the root when it is called by hand.
    send: (event: object) => {
      const name = 'definition' in event ? { name: nameOf(actor) } : undefined
      text = JSON.stringify({ ...event, ...name, rootId: root.sessionId })
    }
  }
  describe(createInspector(adapter, { serializationDepthLimit: DEEPEST }))
  return { accountId: accountOf(root, actor), text }
}

/** Definitions are large and never change. */
const definitions = new WeakMap<object, Readonly<Record<string, unknown>>>()

const definitionOf = (actor: AnyActorRef): Readonly<Record<string, unknown>> | undefined => {
  const logic: unknown = isActor(actor) ? actor.logic : undefined
  if (!(logic instanceof StateMachine)) return undefined
  const known = definitions.get(logic) ?? redactedDefinition(logic.config)
  definitions.set(logic, known)
  return known
}

/** The machine's id for the root, the account id for an account, and for work of a state what it is (`socket`, `outbox`). */
const nameOf = (actor: AnyActorRef): string => {
  const id = definitionOf(actor)?.['id']
  if (actor._parent === undefined && typeof id === 'string') return id
  return actor._parent?._parent !== undefined && typeof actor.src === 'string' ? actor.src : actor.id
}

/** Only a machine's snapshot has a value and a context; of other work the status alone is shown. */
const redactedSnapshot = (snapshot: unknown): { status: 'active' | 'done' | 'error' | 'stopped' } => {
  const { context, status, value } = isSnapshot(snapshot) ? snapshot : {}
  return {
    status: status === 'done' || status === 'error' || status === 'stopped' ? status : 'active',
    ...(value === undefined ? undefined : { value, context: redactedFields(context) })
  }
}

const isSnapshot = (
  snapshot: unknown
): snapshot is { readonly status?: unknown; readonly value?: unknown; readonly context?: unknown } =>
  typeof snapshot === 'object' && snapshot !== null

const isActor = (actor: unknown): actor is AnyActor => actor instanceof Actor
