// What the tests of the console share: one server, one browser, one page that stays signed in, and the account that they look at.
import type { Page } from 'playwright-core'
import type { Phone } from '../../simulator/phone.ts'
import type { InProcessStage } from './stage.ts'

export type ListedThread = Awaited<ReturnType<InProcessStage['api']['threads']>>[number]

/** Filled by the tests one after the other. */
export class ConsoleScene {
  readonly stage: InProcessStage
  accountId = ''
  private openPage: (() => Promise<{ readonly page: Page }>) | undefined
  private shared: Page | undefined
  private linkedPhone: Phone | undefined
  private viewed: ListedThread | undefined

  constructor(stage: InProcessStage) {
    this.stage = stage
  }

  useBrowser(openPage: () => Promise<{ readonly page: Page }>): void {
    this.openPage = openPage
  }

  get phone(): Phone {
    if (this.linkedPhone === undefined) throw new Error('No phone is linked yet')
    return this.linkedPhone
  }

  set phone(phone: Phone) {
    this.linkedPhone = phone
  }

  /** The conversation that is looked at. */
  get thread(): ListedThread {
    if (this.viewed === undefined) throw new Error('No conversation is looked at yet')
    return this.viewed
  }

  set thread(thread: ListedThread) {
    this.viewed = thread
  }

  /** With whom the conversation is. */
  get partner(): Phone['contacts'][number] {
    const { clientJid } = this.thread
    const found = this.phone.contacts.find(({ jid, lid }) => [jid, lid].includes(clientJid))
    if (found === undefined) throw new Error('The conversation is with nobody whom the phone knows')
    return found
  }

  /** A page of its own that nobody has signed in to. */
  async newPage(): Promise<Page> {
    if (this.openPage === undefined) throw new Error('There is no browser yet')
    const { page } = await this.openPage()
    await page.goto(`${this.stage.server.url}/`)
    return page
  }

  /** The same, signed in. */
  async signedIn(key = this.stage.server.key): Promise<Page> {
    const page = await this.newPage()
    await page.getByLabel('Your key').fill(key)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor()
    return page
  }

  /** The page that all share, at this place. */
  async at(path: string): Promise<Page> {
    this.shared ??= await this.signedIn()
    const page = this.shared
    // What the test before left open, when it failed.
    if ((await page.locator('dialog[open]').count()) > 0) await page.reload()
    await page.setViewportSize({ width: 1400, height: 900 })
    await page.evaluate(`location.hash = ${JSON.stringify(path)}`)
    await page.locator('main h1').first().waitFor({ state: 'attached' })
    return page
  }

  /** The same at the conversation that is looked at, at its newest message. */
  async opened(thread = this.thread): Promise<Page> {
    const { accountId, threadId } = thread
    const page = await this.at(`/chats/${accountId}`)
    await page.evaluate(
      `location.hash = ${JSON.stringify(`/chats/${accountId}/${encodeURIComponent(threadId)}`)}`
    )
    await page.getByRole('log').locator('[data-key]').first().waitFor()
    return page
  }
}
