// The page of a link: shows how far the linking is, as the server tells it, and what the owner of the phone has to do.

/**
 * @typedef {{ challenge: string, rpId: string }} Options
 * @typedef {{ step: 'requested' | 'submitted' | 'confirming', options: Options, refusal: string | null,
 *   code: string | null, isConfirmed: boolean }} Passkey
 * @typedef {{ step: 'ready' | 'waiting' | 'offered' | 'passkey' | 'linking' | 'linked', name: string, qr: string | null,
 *   code: string | null, passkey: Passkey | null, problem: string | null }} LinkState
 */

const ASK_EVERY_MS = 1000

/** @param {string} id */
const element = id => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`The page has no ${id}`)
  return found
}

/** @param {string} id @param {boolean} isShown */
const show = (id, isShown) => {
  element(id).hidden = !isShown
}

/** Changes a text only when it is another one: a reader for the blind reads it out again. @param {string} id @param {string} text */
const write = (id, text) => {
  const target = element(id)
  if (target.textContent !== text) target.textContent = text
}

/** @param {string} text */
const base64UrlOf = text =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=/g, '')

/** @param {string} text */
const textOf = text =>
  new TextDecoder().decode(
    Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), char => char.charCodeAt(0))
  )

const address = `${location.origin}${location.pathname}`

/** @type {Options | undefined} */
let options
/** Stays until the next attempt: why the last one failed. */
let failure = ''

/** What the extension, or the script, is asked for: it brings the answer back to this page. */
const request = () => JSON.stringify({ options, returnTo: address })

/** @param {LinkState} state */
const statusOf = ({ passkey, step }) => {
  if (step === 'ready') return 'How do you want to link it?'
  if (step === 'waiting') return 'One moment …'
  if (step === 'offered') return 'Now take your phone.'
  if (step === 'linking') return 'Almost done …'
  if (step === 'linked') return 'Your account is linked.'
  if (passkey?.step === 'requested') return 'WhatsApp asks for your passkey.'
  if (passkey?.step === 'confirming' && passkey.code !== null && !passkey.isConfirmed)
    return 'Compare two codes.'
  return 'Look at your phone: it may ask you to go on.'
}

/** @param {LinkState} state */
const render = state => {
  const { code, name, passkey, problem, qr, step } = state
  write('name', name)
  show('who', true)
  write('status', statusOf(state))
  const text = failure || passkey?.refusal || (step === 'ready' ? problem : '') || ''
  write('problem', text)
  show('problem', text !== '')
  show('ready', step === 'ready')
  show('qr', qr !== null)
  const image = element('qr-image')
  const source = qr === null ? '' : `data:image/svg+xml,${encodeURIComponent(qr)}`
  if (image.getAttribute('src') !== source) image.setAttribute('src', source)
  show('code', code !== null)
  write('code-text', code === null ? '' : `${code.slice(0, 4)}-${code.slice(4)}`)
  options = passkey?.options
  show('passkey', passkey?.step === 'requested')
  element('with-extension').setAttribute(
    'href',
    `https://web.whatsapp.com/#backscroll=${base64UrlOf(request())}`
  )
  const hasToCompare = passkey !== null && passkey.code !== null && !passkey.isConfirmed
  show('compare', hasToCompare)
  write('compare-text', hasToCompare ? (passkey.code ?? '') : '')
  show('linked', step === 'linked')
  show('abandon', step === 'offered' || step === 'waiting' || step === 'passkey')
  return step !== 'linked'
}

/** The link is of no use any more. @param {string} text */
const end = text => {
  for (const section of document.querySelectorAll('section')) section.hidden = true
  show('abandon', false)
  write('status', text)
}

/** Whether to ask again. @param {string} path @param {object} [body] */
const ask = async (path, body) => {
  const response = await fetch(`${address}/${path}`, {
    method: path === 'state' ? 'GET' : 'POST',
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  })
  const answer = await response.json()
  if (response.status === 404) {
    end(answer.detail)
    return false
  }
  if (response.ok) return render(answer)
  failure = answer.detail ?? answer.title
  return true
}

/** What the owner does. @param {string} path @param {object} [body] */
const act = async (path, body) => {
  failure = ''
  await ask(path, body).catch(() => undefined)
}

const follow = async () => {
  const goesOn = await ask('state').catch(() => true)
  if (goesOn) setTimeout(() => void follow(), ASK_EVERY_MS)
}

/** The answer of the passkey, which the extension or the script has brought along in the address. */
const takeAssertion = async () => {
  const encoded = /^#assertion=([\w-]+)$/.exec(location.hash)?.[1]
  if (encoded === undefined) return
  history.replaceState(null, '', location.pathname)
  await act('assertion', JSON.parse(textOf(encoded)))
}

element('by-qr').addEventListener('click', () => void act('pair', { method: 'qr' }))
element('by-code').addEventListener('submit', event => {
  event.preventDefault()
  const { value } = /** @type {HTMLInputElement} */ (element('number'))
  void act('pair', { method: 'code', phoneNumber: value.replace(/[^\d+]/g, '') })
})
/** Browsers have a clipboard for pages that came by TLS, or from the same machine; elsewhere there is the old way. @param {string} text */
const copyText = async text => {
  const clipboard = /** @type {Clipboard | undefined} */ (navigator.clipboard)
  if (clipboard !== undefined) return clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  // oxlint-disable-next-line typescript/no-deprecated
  document.execCommand('copy')
  area.remove()
}
const copyScript = async () => {
  const script = await (await fetch('/link/passkey.js')).text()
  await copyText(`globalThis.backscrollPasskeyRequest = ${request()}\n${script}`)
  write('copy', 'Copied')
}
element('copy').addEventListener('click', () => void copyScript())
element('same').addEventListener('click', () => void act('confirm'))
element('other').addEventListener('click', () => void act('abandon'))
element('abandon').addEventListener('click', () => void act('abandon'))

await takeAssertion()
await follow()
