// Asks the owner of a WhatsApp account for its passkey, on web.whatsapp.com: no other page may use it. Runs as the content script of
// the extension, with a request in the address (`#backscroll=…`), or pasted into the developer console behind its request.
{
  /**
   * @typedef {{ challenge: string, rpId: string, timeout?: number, userVerification?: UserVerificationRequirement,
   *   allowCredentials?: { id: string, type: 'public-key', transports?: AuthenticatorTransport[] }[],
   *   extensions?: object }} Options
   * @typedef {{ options: Options, returnTo?: string }} Request
   */

  const STYLE = `
    dialog { box-sizing: border-box; width: min(28rem, 92vw); padding: 1.5rem; border: 0; border-radius: 12px;
      font: 16px/1.5 system-ui, sans-serif; color: #111; background: #fff; box-shadow: 0 8px 40px #0008 }
    dialog::backdrop { background: #000a }
    h1 { margin: 0 0 .75rem; font-size: 1.25rem }
    p { margin: 0 0 1rem; overflow-wrap: anywhere }
    .who { font-weight: 600 }
    .problem:empty { display: none }
    .problem { color: #a3000c }
    textarea { box-sizing: border-box; width: 100%; height: 8rem; font: 13px monospace }
    button { min-height: 44px; margin: 0 .5rem 0 0; padding: 0 1.25rem; border: 1px solid #0a6c4a; border-radius: 22px;
      font: inherit; color: #0a6c4a; background: #fff; cursor: pointer }
    button.first { color: #fff; background: #0a6c4a }
    button:focus-visible { outline: 3px solid #111; outline-offset: 2px }`

  /** @param {string} text in base64url */
  const bytesOf = text =>
    Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), char => char.charCodeAt(0))

  /** @param {string} text */
  const base64UrlOf = text =>
    btoa(String.fromCharCode(...new TextEncoder().encode(text)))
      .replace(/\+/g, '-')
      .replace(/\//g, '_')
      .replace(/=/g, '')

  /** The request in the address, which is removed from it. @returns {Request | undefined} */
  const requestInAddress = () => {
    const encoded = /^#backscroll=([\w-]{1,20000})$/.exec(location.hash)?.[1]
    if (encoded === undefined) return undefined
    history.replaceState(null, '', location.pathname)
    try {
      return JSON.parse(new TextDecoder().decode(bytesOf(encoded)))
    } catch {
      return undefined
    }
  }

  /** Where the passkey is handed to; `undefined` when it is shown here instead. @param {Request} request */
  const recipientOf = ({ returnTo }) => {
    if (returnTo === undefined) return undefined
    const url = new URL(returnTo)
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw new Error('The request names no web page')
    url.hash = ''
    return url
  }

  /** Uses the passkey, on the owner's click. @param {Options} options */
  const assertion = async ({ allowCredentials = [], challenge, ...options }) => {
    const credential = await navigator.credentials.get({
      publicKey: {
        ...options,
        challenge: bytesOf(challenge),
        allowCredentials: allowCredentials.map(one => ({ ...one, id: bytesOf(one.id) }))
      }
    })
    if (!(credential instanceof PublicKeyCredential)) throw new Error('The browser gave no passkey')
    return JSON.stringify(credential.toJSON())
  }

  /**
   * @template {keyof HTMLElementTagNameMap} Tag
   * @param {Tag} tag
   * @param {string} text
   * @param {string} [className]
   */
  const element = (tag, text, className = '') =>
    Object.assign(document.createElement(tag), { textContent: text, className })

  /** Shows what is asked and by whom, and waits for the owner. @param {Request} request */
  const askOwner = request => {
    const recipient = recipientOf(request)
    const host = document.createElement('div')
    const root = host.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLE)
    root.adoptedStyleSheets = [sheet]
    const dialog = document.createElement('dialog')
    const title = element('h1', 'Use the passkey of this WhatsApp account?')
    title.id = 'title'
    dialog.setAttribute('aria-labelledby', 'title')
    const who = element('p', '')
    who.append(
      element('span', recipient === undefined ? 'The script that you pasted' : recipient.origin, 'who'),
      ' asks for it, to be linked to your WhatsApp account as a device. It can then read and send its messages.'
    )
    const problem = element('p', '', 'problem')
    problem.setAttribute('role', 'alert')
    const use = element('button', 'Use my passkey', 'first')
    const cancel = element('button', 'Cancel')
    dialog.append(
      title,
      who,
      element(
        'p',
        'Go on only if you are linking it yourself, right now. The passkey itself stays on your device.'
      ),
      problem,
      use,
      cancel
    )
    root.append(dialog)
    document.documentElement.append(host)
    cancel.addEventListener('click', () => dialog.close())
    dialog.addEventListener('close', () => host.remove())
    const usePasskey = async () => {
      use.disabled = true
      problem.textContent = ''
      try {
        const json = await assertion(request.options)
        if (recipient === undefined) showAssertion(dialog, json)
        else location.assign(`${recipient.href}#assertion=${base64UrlOf(json)}`)
      } catch (cause) {
        problem.textContent = `No passkey was used (${cause instanceof Error ? cause.name : 'unknown'}). Try again, or cancel.`
      }
      use.disabled = false
    }
    use.addEventListener('click', () => void usePasskey())
    dialog.showModal()
    use.focus()
  }

  /** @param {HTMLDialogElement} dialog @param {string} json */
  const showAssertion = (dialog, json) => {
    const text = Object.assign(document.createElement('textarea'), { value: json, readOnly: true })
    text.setAttribute('aria-label', 'The assertion')
    const copy = element('button', 'Copy', 'first')
    copy.addEventListener('click', () => void navigator.clipboard.writeText(json))
    const close = element('button', 'Close')
    close.addEventListener('click', () => dialog.close())
    dialog.replaceChildren(
      element('h1', 'Copy this answer'),
      element(
        'p',
        'Give it to the page or program that is linking your account. It can be used once, and only now.'
      ),
      text,
      copy,
      close
    )
    text.select()
  }

  const pasted = /** @type {{ backscrollPasskeyRequest?: Request }} */ (globalThis)
  const request = pasted.backscrollPasskeyRequest ?? requestInAddress()
  delete pasted.backscrollPasskeyRequest
  if (request !== undefined && request.options?.rpId === 'whatsapp.com') askOwner(request)
}
