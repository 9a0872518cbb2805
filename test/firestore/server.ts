// A Firestore for one machine: Google's protocol over gRPC, in memory, exact in what it does and UNIMPLEMENTED in the
// rest. It enforces production's limits, counts reads and writes, and can be told to fail.
import { randomBytes } from 'node:crypto'
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerWritableStream,
  status,
  type UntypedServiceImplementation
} from '@grpc/grpc-js'
import { Documents } from './documents.ts'
import { serveListen, type ServerStream } from './listen.ts'
import {
  type Document,
  firestoreService,
  invalid,
  RECEIVE_LIMIT,
  Refusal,
  type StructuredQuery,
  type Target,
  type Timestamp,
  unimplemented,
  type Write
} from './protocol.ts'
import { type Indexes, runQuery } from './query.ts'
import { type Asked, type Auth, impliedBy, type Method, plainFields, Rules } from './rules.ts'
import { compareTimes, relativeName } from './values.ts'
import { WebChannelServer } from './web-channel.ts'

const MOST_WRITES = 500

/** What a transaction has looked at: it fails when any of it is another by the time it commits. */
interface Transaction {
  readonly isReadOnly: boolean
  readonly read: Map<string, Timestamp | undefined>
  readonly queries: Array<{ readonly parent: string; readonly query: StructuredQuery; readonly seen: string }>
}

interface NewTransaction {
  readonly readOnly?: { readonly readTime?: unknown }
}

interface ReadRequest {
  readonly consistencySelector?: string
  readonly transaction?: Buffer
  readonly newTransaction?: NewTransaction
}

const seenOf = (documents: ReadonlyArray<Document>): string =>
  documents.map(({ name, updateTime }) => `${name}@${updateTime.seconds}.${updateTime.nanos}`).join(' ')

/** The server itself, a user by their ID token, or nobody. */
type Caller = 'server' | Auth | null

type GrpcStream = ServerDuplexStream<object, object>

/** gRPC's stream has more than is needed of it, and answers more. */
const adapted = (stream: GrpcStream): ServerStream => stream

/** As an emulator does it: `owner` is the server, the signature of a token is not looked at. */
const callerOf = (metadata: Metadata): Caller => {
  const token = /^Bearer (.+)$/.exec(String(metadata.get('authorization')[0] ?? ''))?.[1]
  if (token === 'owner') return 'server'
  const payload = token?.split('.')[1]
  if (payload === undefined) return null
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
  return isClaims(claims) ? { uid: claims.sub, token: claims } : null
}

const isClaims = (claims: unknown): claims is Readonly<Record<string, unknown>> & { readonly sub: string } =>
  typeof claims === 'object' && claims !== null && 'sub' in claims && typeof claims.sub === 'string'

export interface LocalFirestoreOptions {
  /** 0 takes a free port. */
  readonly port?: number
  /** Composite indexes as deployed; without them every query is served. */
  readonly indexes?: Indexes
  /** The text of firestore.rules; whoever brings an ID token is judged by it. Without rules everybody may do everything. */
  readonly rules?: string
}

export class LocalFirestore {
  readonly documents = new Documents()
  private readonly transactions = new Map<string, Transaction>()
  private readonly streams = new Set<ServerStream>()
  private readonly failures: Array<{ readonly code: status; times: number }> = []
  private readonly indexes: Indexes | undefined
  private readonly rules: Rules | undefined
  private server: Server | undefined
  private browsers: WebChannelServer | undefined
  private failing = { code: status.OK, isFailing: (_: string) => false, times: 0 }
  private port: number

  private constructor(options: LocalFirestoreOptions) {
    this.indexes = options.indexes
    this.documents.exemptions = options.indexes?.fieldOverrides ?? []
    this.rules = options.rules === undefined ? undefined : new Rules(options.rules)
    this.port = options.port ?? 0
  }

  static async start(options: LocalFirestoreOptions = {}): Promise<LocalFirestore> {
    const started = new LocalFirestore(options)
    await started.listen()
    return started
  }

  /** For `FIRESTORE_EMULATOR_HOST`. */
  get host(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Goes away as a network does: connections break, documents stay. */
  interrupt(): Promise<void> {
    const { server } = this
    this.server = undefined
    for (const stream of this.streams) stream.destroy()
    server?.forceShutdown()
    return Promise.resolve()
  }

  /** Comes back on the same port. */
  async listen(): Promise<void> {
    const server = new Server({ 'grpc.max_receive_message_length': RECEIVE_LIMIT })
    server.addService(firestoreService(), this.handlers())
    this.port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${this.port}`, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error)
      )
    })
    this.server = server
  }

  /** For browsers, which speak WebChannel; answers the port. */
  async openToBrowsers(): Promise<number> {
    this.browsers ??= await WebChannelServer.start({
      listen: stream => this.serveListener(stream),
      write: stream => this.serveWrites(stream)
    })
    return this.browsers.port
  }

  async stop(): Promise<void> {
    this.browsers?.stop()
    await this.interrupt()
  }

  /** The next requests that write are refused with this code. */
  failWrites(code: status, times: number): void {
    this.failures.push({ code, times })
  }

  /** So many writes of documents of these names are answered with this code, for each by itself. */
  failDocuments(code: status, isFailing: (name: string) => boolean, times = Infinity): void {
    this.failing = { code, isFailing, times }
  }

  /** Tells listeners nothing any more, as a connection does that nobody has noticed to be dead. */
  muteListeners(): void {
    for (const stream of this.streams) stream.emit('muted')
  }

  /** Breaks every listener, as Google does now and then. */
  breakListeners(): void {
    for (const stream of this.streams)
      stream.emit('error', new Refusal(status.UNAVAILABLE, 'The stream was broken'))
  }

  private handlers(): UntypedServiceImplementation {
    const unary =
      <Request, Response>(
        answer: (request: Request, caller: Caller) => Response
      ): handleUnaryCall<Request, Response> =>
      (call, callback) => {
        try {
          callback(null, answer(call.request, callerOf(call.metadata)))
        } catch (error) {
          callback(error instanceof Refusal ? error : new Refusal(status.INTERNAL, String(error)))
        }
      }
    const streaming =
      <Request>(
        answer: (request: Request, call: ServerWritableStream<Request, object>) => void
      ): handleServerStreamingCall<Request, object> =>
      call => {
        try {
          answer(call.request, call)
          call.end()
        } catch (error) {
          // gRPC sends what is emitted here as the status of the call.
          call.emit('error', error instanceof Refusal ? error : new Refusal(status.INTERNAL, String(error)))
        }
      }
    const refused = (what: string) =>
      unary((): never => {
        throw unimplemented(what)
      })
    return {
      BatchGetDocuments: streaming(
        (
          request: { readonly documents: ReadonlyArray<string>; readonly mask: unknown } & ReadRequest,
          call
        ) => {
          if (request.mask !== null) throw unimplemented('reading parts of documents')
          const transaction = this.transactionOf(request, call)
          const readTime = this.documents.tick()
          const caller = callerOf(call.metadata)
          for (const name of request.documents) {
            const found = this.documents.get(name)
            this.judgeGet(caller, name, found)
            this.documents.tally.reads += 1
            transaction?.read.set(name, found?.updateTime)
            call.write(found === undefined ? { missing: name, readTime } : { found, readTime })
          }
        }
      ),
      RunQuery: streaming(
        (
          request: { readonly parent: string; readonly structuredQuery?: StructuredQuery } & ReadRequest,
          call
        ) => {
          const query = queryOf(request)
          this.judgeList(callerOf(call.metadata), request.parent, query)
          const transaction = this.transactionOf(request, call)
          const readTime = this.documents.tick()
          const found = runQuery(this.documents, request.parent, query, this.indexes)
          transaction?.queries.push({ parent: request.parent, query, seen: seenOf(found) })
          // A query that finds nothing is charged as one read.
          this.documents.tally.reads += Math.max(1, found.length)
          for (const document of found) call.write({ document, readTime })
          if (found.length === 0) call.write({ readTime })
        }
      ),
      RunAggregationQuery: streaming(
        (
          request: {
            readonly parent: string
            readonly structuredAggregationQuery?: {
              readonly structuredQuery: StructuredQuery
              readonly aggregations: ReadonlyArray<{
                readonly alias: string
                readonly operator: string
                readonly count?: { readonly upTo: { readonly value: string } | null }
              }>
            }
          } & ReadRequest,
          call
        ) => {
          const asked = request.structuredAggregationQuery
          if (asked === undefined) throw unimplemented('this aggregation')
          if (request.consistencySelector !== undefined) throw unimplemented('aggregation in a transaction')
          this.judgeList(callerOf(call.metadata), request.parent, asked.structuredQuery)
          const found = runQuery(this.documents, request.parent, asked.structuredQuery, this.indexes)
          this.documents.tally.reads += Math.max(1, Math.ceil(found.length / 1000))
          const aggregateFields = Object.fromEntries(
            asked.aggregations.map(({ alias, count, operator }) => {
              if (operator !== 'count') throw unimplemented(`the aggregation ${operator}`)
              const most = count?.upTo == null ? found.length : Number(count.upTo.value)
              return [alias, { integerValue: String(Math.min(found.length, most)) }]
            })
          )
          call.write({ result: { aggregateFields }, readTime: this.documents.tick() })
        }
      ),
      BeginTransaction: unary((request: { readonly options: NewTransaction | null }) => ({
        transaction: this.begin(request.options)
      })),
      Rollback: unary((request: { readonly transaction: Buffer }) => {
        this.transactions.delete(request.transaction.toString('hex'))
        return {}
      }),
      Commit: unary(
        (request: { readonly writes: ReadonlyArray<Write>; readonly transaction: Buffer }, caller) => {
          this.failWhenTold()
          this.judgeWrites(caller, request.writes)
          if (request.transaction.length > 0) this.settle(request.transaction, request.writes)
          const { at, results } = this.documents.commit(request.writes)
          return { writeResults: results, commitTime: at }
        }
      ),
      BatchWrite: unary((request: { readonly writes: ReadonlyArray<Write> }, caller) => {
        this.failWhenTold()
        this.judgeWrites(caller, request.writes)
        if (request.writes.length > MOST_WRITES) throw invalid(`At most ${MOST_WRITES} writes a request`)
        const names = request.writes.map(write => write.update?.name ?? write.delete)
        if (new Set(names).size < names.length) throw invalid('A document may be written once a batch')
        // Each write stands alone: one that is refused leaves the others.
        const outcomes = request.writes.map(write => {
          try {
            this.failDocumentWhenTold(write.update?.name ?? write.delete ?? '')
            const [result] = this.documents.commit([write]).results
            return { result: result ?? {}, state: { code: status.OK, message: '' } }
          } catch (error) {
            if (!(error instanceof Refusal)) throw error
            return { result: {}, state: { code: error.code, message: error.details } }
          }
        })
        return {
          writeResults: outcomes.map(({ result }) => result),
          status: outcomes.map(({ state }) => state)
        }
      }),
      ListCollectionIds: unary((request: { readonly parent: string; readonly readTime?: unknown }) => ({
        collectionIds: this.documents.collectionIds(request.parent),
        nextPageToken: ''
      })),
      Listen: (stream: GrpcStream) => this.serveListener(adapted(stream)),
      GetDocument: refused('GetDocument'),
      ListDocuments: refused('ListDocuments'),
      CreateDocument: refused('CreateDocument'),
      UpdateDocument: refused('UpdateDocument'),
      DeleteDocument: refused('DeleteDocument'),
      PartitionQuery: refused('PartitionQuery'),
      ExecutePipeline: streaming(() => {
        throw unimplemented('pipelines')
      }),
      Write: (stream: GrpcStream) => this.serveWrites(adapted(stream))
    }
  }

  private serveListener(stream: ServerStream): void {
    this.streams.add(stream)
    const caller = callerOf(stream.metadata)
    const judge = (target: Target): void => {
      for (const name of target.documents?.documents ?? [])
        this.judgeGet(caller, name, this.documents.get(name))
      const query = target.query?.structuredQuery
      if (query !== undefined) this.judgeList(caller, target.query?.parent ?? '', query)
    }
    serveListen(stream, this.documents, {
      indexes: this.indexes,
      judge,
      onEnd: () => this.streams.delete(stream)
    })
  }

  /** Browsers and phones write through a stream: greeted first, then commit after commit. */
  private serveWrites(stream: ServerStream): void {
    const caller = callerOf(stream.metadata)
    stream.on('data', ({ writes }: { readonly writes: ReadonlyArray<Write> }) => {
      const streamToken = Buffer.from('0')
      if (writes.length === 0) return void stream.write({ streamId: '0', streamToken })
      try {
        this.failWhenTold()
        this.judgeWrites(caller, writes)
        const { at, results } = this.documents.commit(writes)
        stream.write({ streamToken, writeResults: results, commitTime: at })
      } catch (error) {
        stream.emit('error', error instanceof Refusal ? error : new Refusal(status.INTERNAL, String(error)))
      }
    })
    stream.on('end', () => stream.end())
  }

  private judge(caller: Caller, asked: Omit<Asked, 'auth' | 'time'> & Partial<Pick<Asked, 'time'>>): void {
    if (this.rules === undefined || caller === 'server') return
    if (!this.rules.allows({ time: Date.now(), ...asked, auth: caller })) {
      throw new Refusal(status.PERMISSION_DENIED, 'Missing or insufficient permissions.')
    }
  }

  private judgeGet(caller: Caller, name: string, found: Document | undefined): void {
    const path = relativeName(name).split('/')
    this.judge(caller, { method: 'get', path, resource: found && plainFields(found.fields) })
  }

  private judgeList(caller: Caller, parent: string, query: StructuredQuery): void {
    const [from] = query.from
    const above = relativeName(parent).split('/').filter(Boolean)
    // Nobody knows yet which documents it will find, nor, of a group of collections, where they are.
    const path = [...(from?.allDescendants === true ? ['?', '?'] : above), from?.collectionId ?? '', '?']
    for (const resource of impliedBy(query)) this.judge(caller, { method: 'list', path, resource })
  }

  private judgeWrites(caller: Caller, writes: ReadonlyArray<Write>): void {
    const now = this.documents.tick()
    for (const write of writes) {
      const name = write.update?.name ?? write.delete ?? ''
      const held = this.documents.get(name)
      const method: Method = write.update == null ? 'delete' : held === undefined ? 'create' : 'update'
      this.judge(caller, {
        method,
        path: relativeName(name).split('/'),
        resource: held && plainFields(held.fields),
        wanted: write.update && afterwards(write, now),
        time: Number(now.seconds) * 1000 + Math.floor(now.nanos / 1e6)
      })
    }
  }

  private failDocumentWhenTold(name: string): void {
    const { code, isFailing, times } = this.failing
    if (times <= 0 || !isFailing(name)) return
    this.failing.times -= 1
    throw new Refusal(code, 'The local server was told to fail for this document')
  }

  private failWhenTold(): void {
    const [next] = this.failures
    if (next === undefined) return
    next.times -= 1
    if (next.times <= 0) this.failures.shift()
    throw new Refusal(next.code, 'The local server was told to fail')
  }

  private begin(options: NewTransaction | null | undefined): Buffer {
    if (options?.readOnly?.readTime != null) throw unimplemented('reading the past')
    const id = randomBytes(8)
    this.transactions.set(id.toString('hex'), {
      isReadOnly: options?.readOnly != null,
      read: new Map(),
      queries: []
    })
    return id
  }

  private transactionOf(
    request: ReadRequest,
    call: { readonly write: (message: object) => boolean }
  ): Transaction | undefined {
    switch (request.consistencySelector) {
      case undefined:
        return undefined
      case 'newTransaction': {
        const transaction = this.begin(request.newTransaction)
        call.write({ transaction })
        return this.transactions.get(transaction.toString('hex'))
      }
      case 'transaction':
        return this.open(request.transaction ?? Buffer.alloc(0))
      default:
        throw unimplemented('reading the past')
    }
  }

  private open(id: Buffer): Transaction {
    const found = this.transactions.get(id.toString('hex'))
    if (found === undefined) throw invalid('There is no such transaction')
    return found
  }

  /** Refuses the commit when anything that the transaction has read is another now. */
  private settle(id: Buffer, writes: ReadonlyArray<Write>): void {
    const transaction = this.open(id)
    this.transactions.delete(id.toString('hex'))
    if (transaction.isReadOnly && writes.length > 0) throw invalid('A read-only transaction writes nothing')
    const isOther = [...transaction.read].some(([name, seen]) => {
      const now = this.documents.get(name)?.updateTime
      return seen === undefined || now === undefined ? seen !== now : compareTimes(seen, now) !== 0
    })
    const isOtherResult = transaction.queries.some(
      ({ parent, query, seen }) => seenOf(runQuery(this.documents, parent, query, this.indexes)) !== seen
    )
    if (isOther || isOtherResult) throw new Refusal(status.ABORTED, 'Too much contention on these documents')
  }
}

/** What a write would leave, with the time that the server sets. */
const afterwards = (write: Write, now: Timestamp): Readonly<Record<string, unknown>> => {
  const times = write.updateTransforms
    .filter(({ setToServerValue }) => setToServerValue === 'REQUEST_TIME')
    .map(({ fieldPath }) => [fieldPath, { valueType: 'timestampValue', timestampValue: now }] as const)
  return plainFields({ ...write.update?.fields, ...Object.fromEntries(times) })
}

const queryOf = (request: { readonly structuredQuery?: StructuredQuery }): StructuredQuery => {
  if (request.structuredQuery == null) throw unimplemented('this query')
  return request.structuredQuery
}
