// Listeners: each target's result is held against the one before whenever a document of its collection changes.
import type { EventEmitter } from 'node:events'
import { type Metadata, status } from '@grpc/grpc-js'
import type { Change, Documents } from './documents.ts'
import { type Document, Refusal, type Target, type Timestamp, unimplemented } from './protocol.ts'
import { runQuery, type Indexes } from './query.ts'
import { compareTimes } from './values.ts'

export interface ListenRequest {
  readonly targetChange?: string
  readonly addTarget?: Target
  readonly removeTarget?: number
}

/** What is needed of a stream, from wherever it comes. */
export interface ServerStream extends EventEmitter {
  readonly metadata: Metadata
  readonly write: (message: object) => boolean
  readonly end: () => void
  readonly destroy: () => void
}

interface Watched {
  readonly target: Target
  readonly sent: Map<string, Document>
}

/** Whether a change may touch the result of a target. */
const concerns = ({ documents, query }: Target, { name }: Change): boolean => {
  if (documents !== undefined) return documents.documents.includes(name)
  const [from] = query?.structuredQuery?.from ?? []
  return name.split('/').at(-2) === from?.collectionId
}

/** Serves one stream until it ends. Nothing is resumed from a token: whoever comes back is told to forget, and everything. */
export const serveListen = (
  stream: ServerStream,
  documents: Documents,
  options: {
    readonly indexes: Indexes | undefined
    /** Throws when the caller may not see what the target would find. */
    readonly judge: (target: Target) => void
    readonly onEnd: () => void
  }
): void => {
  const { indexes, judge, onEnd } = options
  const targets = new Map<number, Watched>()

  const results = (target: Target): ReadonlyArray<Document> => {
    if (target.documents !== undefined) {
      return target.documents.documents.flatMap(name => documents.get(name) ?? [])
    }
    const query = target.query?.structuredQuery
    if (query === undefined) throw unimplemented('this kind of target')
    return runQuery(documents, target.query!.parent, query, indexes)
  }

  const change = (type: string, targetIds: ReadonlyArray<number>, more: object = {}) =>
    stream.write({ targetChange: { targetChangeType: type, targetIds, ...more } })

  /** Everything up to this time has been told. */
  const consistent = (at: Timestamp) =>
    change('NO_CHANGE', [], { readTime: at, resumeToken: Buffer.from(at.seconds) })

  const tell = ({ sent, target }: Watched, at: Timestamp): boolean => {
    const now = new Map(results(target).map(document => [document.name, document]))
    let isNews = false
    for (const [name, document] of now) {
      const before = sent.get(name)
      if (before !== undefined && compareTimes(before.updateTime, document.updateTime) === 0) continue
      isNews = true
      documents.tally.reads += 1
      stream.write({ documentChange: { document, targetIds: [target.targetId], removedTargetIds: [] } })
    }
    for (const name of sent.keys()) {
      if (now.has(name)) continue
      isNews = true
      const gone = { document: name, removedTargetIds: [target.targetId], readTime: at }
      stream.write(documents.get(name) === undefined ? { documentDelete: gone } : { documentRemove: gone })
    }
    sent.clear()
    for (const [name, document] of now) sent.set(name, document)
    return isNews
  }

  const add = (target: Target): void => {
    if (target.once) throw unimplemented('a target that is looked at once')
    judge(target)
    const watched = { target, sent: new Map<string, Document>() }
    targets.set(target.targetId, watched)
    const at = documents.tick()
    change('ADD', [target.targetId])
    if (target.resumeType !== undefined) change('RESET', [target.targetId])
    tell(watched, at)
    change('CURRENT', [target.targetId], { readTime: at, resumeToken: Buffer.from(at.seconds) })
    consistent(at)
  }

  const stop = documents.onChange((changes, at) => {
    let isNews = false
    for (const watched of targets.values()) {
      if (changes.some(one => concerns(watched.target, one))) isNews = tell(watched, at) || isNews
    }
    if (isNews) consistent(at)
  })
  const end = () => {
    stop()
    onEnd()
  }

  stream.on('data', (request: ListenRequest) => {
    try {
      if (request.addTarget != null) add(request.addTarget)
      else if (request.removeTarget !== undefined) {
        targets.delete(request.removeTarget)
        change('REMOVE', [request.removeTarget])
      }
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(status.INTERNAL, String(error))
      change('REMOVE', [request.addTarget?.targetId ?? 0], {
        cause: { code: refusal.code, message: refusal.details }
      })
    }
  })
  stream.on('end', () => {
    end()
    stream.end()
  })
  stream.on('cancelled', end)
  stream.on('muted', stop)
  stream.on('error', end)
}
