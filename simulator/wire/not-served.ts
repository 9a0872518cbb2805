// What a client asks for and this server does not do: the reason is told to the client, and recorded.

export class NotServed extends Error {
  /** As in the error stanzas of WhatsApp: 400 for what is malformed, 501 for what is not implemented. */
  readonly code: number

  constructor(code: number, text: string) {
    super(text)
    this.code = code
  }
}
