// The only path at which a WebSocket is spoken.
export const STREAM_PATH = '/inspect/stream'
