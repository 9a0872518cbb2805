// WhatsApp's media server as one account reaches it.
export interface MediaServer {
  readonly base: URL
  /** The address of the proxy that requests go through; `undefined` connects directly. */
  readonly proxy: string | undefined
}
