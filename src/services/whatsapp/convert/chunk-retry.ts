// What the phone says to a request to make a history chunk again. A chunk that it makes is announced like any other; an
// answer comes when it does not.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'

export interface ChunkRetryAnswer {
  /** The id of the request. */
  readonly requestId: string
  readonly meaning:
    /** The phone is at it already. */
    | { readonly kind: 'underWay' }
    /** It did not work this time: the phone may be asked once more. */
    | { readonly kind: 'again' }
    /** The chunk is not made again. */
    | { readonly kind: 'refused'; readonly reason: string }
}

type Response =
  proto.Message.PeerDataOperationRequestResponseMessage.PeerDataOperationResult.IHistorySyncChunkRetryResponse

const { HistorySyncChunkRetryResponseCode: Code } =
  proto.Message.PeerDataOperationRequestResponseMessage.PeerDataOperationResult

/** Why the phone does not make a chunk again. */
const REASONS: ReadonlyMap<number, string> = new Map<number, string>([
  [Code.GENERATION_ERROR, 'the phone cannot make it again'],
  [Code.CHUNK_CONSUMED, 'the phone counts it as received'],
  [Code.TIMEOUT, 'the phone did not make it in time'],
  [Code.SESSION_EXHAUSTED, 'the phone makes no more chunks again for this link'],
  [Code.CHUNK_EXHAUSTED, 'the phone has made it as often as it does']
])

/** Asking for more is of no use, whatever else the answer says. */
const FINAL: ReadonlySet<number> = new Set([Code.SESSION_EXHAUSTED, Code.CHUNK_EXHAUSTED])

export const chunkRetryAnswer = (
  requestId: string,
  { canRecover, responseCode }: Response
): ChunkRetryAnswer => {
  const code = Number(responseCode ?? 0)
  if (code === Code.DUPLICATED_REQUEST) return { requestId, meaning: { kind: 'underWay' } }
  if (canRecover === true && !FINAL.has(code)) return { requestId, meaning: { kind: 'again' } }
  const reason = REASONS.get(code) ?? `the phone answered with the code ${code}`
  return { requestId, meaning: { kind: 'refused', reason } }
}
