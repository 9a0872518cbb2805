// Which proxy the connections of an account go through: its own, or the default of the settings.
import { Context, Effect, Layer } from 'effect'
import { proxyUrl, shownProxy } from '../../../domain/proxy.ts'
import type { DatabaseError } from '../../database/error.ts'
import { Proxies } from '../../vault/proxies.ts'
import type { VaultError } from '../../vault/vault.ts'

/** A proxy as it may be shown: without credentials. */
export interface ShownProxy {
  /** `socks5://***@host:1080` */
  readonly address: string
  /** Whether it is the account's own, or that of the settings. */
  readonly source: 'account' | 'default'
}

export class AccountProxies extends Context.Service<
  AccountProxies,
  {
    /** The address to connect through, credentials included: never to be shown or logged. `undefined` connects directly. */
    readonly addressOf: (accountId: string) => Effect.Effect<string | undefined, VaultError>
    readonly shown: (accountId: string) => Effect.Effect<ShownProxy | null, DatabaseError>
    /** Sets the account's own proxy, or removes it (`null`). Connections that are open are not touched. */
    readonly set: (accountId: string, address: string | null) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/whatsapp/AccountProxies') {
  /** `defaultAddress` is for accounts without a proxy of their own. */
  static layer(options: {
    readonly defaultAddress: string | undefined
  }): Layer.Layer<AccountProxies, never, Proxies> {
    return Layer.effect(
      AccountProxies,
      Effect.map(Proxies, proxies =>
        AccountProxies.of({
          addressOf: accountId => Effect.map(proxies.read(accountId), own => own ?? options.defaultAddress),
          shown: shown(proxies, options.defaultAddress),
          set: proxies.write
        })
      )
    )
  }
}

const shownAs = (address: string, source: ShownProxy['source']): ShownProxy => {
  const url = proxyUrl(address)
  return { address: url === undefined ? UNREADABLE : shownProxy(url), source }
}

/** What is shown of an address that cannot be read any more. */
const UNREADABLE = 'unreadable'

const shown =
  (proxies: Proxies['Service'], defaultAddress: string | undefined) =>
  (accountId: string): Effect.Effect<ShownProxy | null, DatabaseError> =>
    proxies.read(accountId).pipe(
      Effect.map(own => {
        if (own !== undefined) return shownAs(own, 'account')
        return defaultAddress === undefined ? null : shownAs(defaultAddress, 'default')
      }),
      Effect.catchTag('SealBroken', () => Effect.succeed(shownAs(UNREADABLE, 'account')))
    )
