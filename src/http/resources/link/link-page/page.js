// The page of a link: shows how far the linking is, as the server tells it, and what the owner of the phone has to do.

/**
 * @typedef {{ challenge: string, rpId: string }} Options
 * @typedef {{ step: 'requested' | 'submitted' | 'confirming', options: Options, refusal: string | null,
 *   code: string | null, isConfirmed: boolean }} Passkey
 * @typedef {{ step: 'ready' | 'waiting' | 'offered' | 'passkey' | 'linking' | 'linked', name: string, qr: string | null,
 *   code: string | null, passkey: Passkey | null, problem: string | null,
 *   problemKind: 'codeRefused' | 'passkeyRefused' | 'passkeyExpired' | 'disconnected' | null }} LinkState
 * @typedef {{ text: string, words: string }} Problem what the page says, and what the server says, in English
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

/** What this script says, in the language of the page. @type {Readonly<Record<string, string>>} */
const texts = JSON.parse(element('texts').textContent)
/** @param {string} key */
const textOf = key => texts[key] ?? key

/** The server's own words say more; where the page speaks English they are enough. @param {Problem | undefined} problem */
const showProblem = problem => {
  const { text, words } = problem ?? { text: '', words: '' }
  const isEnough = document.documentElement.lang === 'en' && words !== ''
  write('problem-text', isEnough ? words : text)
  write('problem-words', isEnough ? '' : words)
  show('problem', problem !== undefined)
}

/** @param {string} text */
const base64UrlOf = text =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=/g, '')

/** @param {string} text */
const fromBase64Url = text =>
  new TextDecoder().decode(
    Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), char => char.charCodeAt(0))
  )

const address = `${location.origin}${location.pathname}`

/** @type {Options | undefined} */
let options
/** Stays until the next attempt: why the last one failed. @type {Problem | undefined} */
let failure

/** What the extension, or the script, is asked for: it brings the answer back to this page. */
const request = () => JSON.stringify({ options, returnTo: address })

/** The key of what to say. @param {LinkState} state */
const statusOf = ({ passkey, step }) => {
  if (step !== 'passkey') return step
  if (passkey?.step === 'requested') return 'requested'
  if (passkey?.step === 'confirming' && passkey.code !== null && !passkey.isConfirmed) return 'confirming'
  return 'phone'
}

/** @param {LinkState} state @returns {Problem | undefined} */
const problemOf = ({ passkey, problem, problemKind, step }) => {
  if (failure !== undefined) return failure
  if (passkey?.refusal) return { text: textOf('passkeyRefused'), words: passkey.refusal }
  if (step !== 'ready' || problemKind === null) return undefined
  return { text: textOf(problemKind), words: problem ?? '' }
}

/** @param {LinkState} state */
const render = state => {
  const { code, name, passkey, qr, step } = state
  write('name', name)
  show('who', true)
  write('status', textOf(statusOf(state)))
  showProblem(problemOf(state))
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

/** The link is of no use any more. */
const end = () => {
  for (const section of document.querySelectorAll('section')) section.hidden = true
  show('abandon', false)
  showProblem(undefined)
  write('status', textOf('void'))
}

/** @param {{ type?: string, title?: string, detail?: string }} refusal @returns {Problem} */
const refusalOf = ({ detail, title, type }) =>
  // The number is all that is typed here.
  type === 'urn:backscroll:problem:bad-field'
    ? { text: textOf('badNumber'), words: '' }
    : { text: textOf('failed'), words: detail ?? title ?? '' }

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
    end()
    return false
  }
  if (response.ok) return render(answer)
  failure = refusalOf(answer)
  return true
}

/** What the owner does. @param {string} path @param {object} [body] */
const act = async (path, body) => {
  failure = undefined
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
  await act('assertion', JSON.parse(fromBase64Url(encoded)))
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
  write('copy', textOf('copied'))
}
element('copy').addEventListener('click', () => void copyScript())
element('same').addEventListener('click', () => void act('confirm'))
element('other').addEventListener('click', () => void act('abandon'))
element('abandon').addEventListener('click', () => void act('abandon'))

await takeAssertion()
await follow()
