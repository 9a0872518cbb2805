// What WhatsApp says the time is: on every stanza that has a time, and when a device logs in. Tests move it, and spoil what a login says.

export const LOGIN_TIMES = ['right', 'missing', 'zero', 'negative', 'text', 'future'] as const
/** What the `t` of a successful login is. */
export type LoginTime = (typeof LOGIN_TIMES)[number]

/** A time that no clock shows: the year 2233. */
const FAR_FUTURE = 8_300_000_000

export class WhatsAppClock {
  /** How far WhatsApp's time is ahead of this machine's. */
  aheadMs = 0
  loginTime: LoginTime = 'right'

  /** Milliseconds since 1970. */
  milliseconds(): number {
    return Date.now() + this.aheadMs
  }

  /** Seconds since 1970, as in stanzas. */
  seconds(): number {
    return Math.floor(this.milliseconds() / 1000)
  }

  /** The `t` of a successful login. */
  atLogin(): string | undefined {
    switch (this.loginTime) {
      case 'right':
        return String(this.seconds())
      case 'missing':
        return undefined
      case 'zero':
        return '0'
      case 'negative':
        return '-1'
      case 'text':
        return 'soon'
      case 'future':
        return String(FAR_FUTURE)
    }
  }
}
