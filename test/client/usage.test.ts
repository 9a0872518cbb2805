// What the client says when it is asked for what cannot be; nothing is sent then.
import { expect, test } from 'vitest'
import { Backscroll, BackscrollUsageError, type ListId, type OperationId } from '../../src/client/index.ts'

const fetch = (): Promise<Response> => Promise.reject(new Error('Something was sent'))
const client = new Backscroll({ url: 'http://127.0.0.1:3000', key: 'bsk_', fetch })

const failureOf = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error)

test('operations that do not exist, lists that are none, and parameters that are missing are named', async () => {
  const cases: ReadonlyArray<readonly [Promise<unknown>, string]> = [
    [client.call('nope' as OperationId), '"nope"'],
    [client.call('toString' as OperationId), '"toString"'],
    [client.items('nope' as ListId, {} as never).next(), '"nope"'],
    [client.items('me' as ListId, {} as never).next(), 'me is no list'],
    [client.call('accounts.get', {} as { accountId: string }), 'accounts.get needs accountId'],
    [client.call('accounts.get', { accountId: '' }), 'accounts.get needs accountId']
  ]
  for (const [work, told] of cases) {
    const failure = await failureOf(work)
    expect(failure).toBeInstanceOf(BackscrollUsageError)
    expect(failure).toHaveProperty('message', expect.stringContaining(told))
  }
})

test('a client without an address or a key is none', () => {
  for (const options of [
    {},
    { url: '127.0.0.1:3000', key: 'bsk_' },
    { url: 'http://127.0.0.1:3000', key: '' }
  ])
    expect(() => new Backscroll(options as { url: string; key: string })).toThrow(BackscrollUsageError)
})
