// Who makes the present request.
import { Context } from 'effect'
import type { Grant } from '../../domain/grant.ts'

/** What the caller may do, and until when; the API key does not expire. */
export class Caller extends Context.Service<
  Caller,
  {
    readonly grant: Grant
    /** When the caller's token expires, in milliseconds since 1970. */
    readonly until?: number
  }
>()('backscroll/http/Caller') {}
