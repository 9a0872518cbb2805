// The inspector's page: asks for the key, opens the stream, and shows it, by its own drawing and to the Stately inspector
// where that can be reached.
import { Chart, element, saidShort, wayRow, waysFrom } from './chart.js'
import { leafOf, Model } from './model.js'

/** @typedef {import('./model.js').Actor} Actor */

/**
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} kind
 * @returns {E}
 */
const byId = (id, kind) => {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`The page has no ${id}`)
  return found
}

const KEY = 'backscroll.key'
const address = new URL(location.href)
const model = new Model()
const chart = new Chart(byId('chart', HTMLElement))
/** @type {string | undefined} */
let selected = address.searchParams.get('accountId') ?? undefined
/** The state whose accounts are listed; all when there is none. */
let onlyState = ''
/** @type {Map<string, string>} */
const names = new Map()

// ——— Asking the server

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
const ask = async (method, path, body) => {
  const answer = await fetch(path, {
    method,
    headers: {
      authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ''}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' })
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  /** @type {any} */
  const content = await answer.json().catch(() => ({}))
  return { status: answer.status, content }
}

/** @param {string} id */
const dialogAnswered = id => {
  const dialog = byId(id, HTMLDialogElement)
  if (!dialog.open) dialog.showModal()
  return new Promise(resolve => dialog.addEventListener('close', resolve, { once: true }))
}

/** @param {string} why */
const signIn = async why => {
  byId('why', HTMLElement).textContent = why
  const field = byId('key', HTMLInputElement)
  field.value = ''
  await dialogAnswered('sign-in')
  sessionStorage.setItem(KEY, field.value.trim())
}

/** @param {string} text @param {boolean} isLive */
const sayLink = (text, isLive) => {
  const link = byId('link', HTMLElement)
  link.textContent = text
  link.classList.toggle('live', isLive)
}

/** @param {string} text */
const notify = text => {
  const notice = byId('notice', HTMLElement)
  notice.textContent = text
  notice.hidden = text === ''
}

const learnNames = async () => {
  const { content, status } = await ask('GET', '/v1/accounts')
  if (status !== 200) return
  for (const { accountId, name } of content.accounts) names.set(accountId, name)
  redraw()
}

/** A ticket, however long it takes to be given one. */
const ticket = async () => {
  let why = 'Live state of every account on this server.'
  while (true) {
    if ((sessionStorage.getItem(KEY) ?? '') === '') await signIn(why)
    const { content, status } = await ask('POST', '/v1/inspector/tickets')
    if (status === 201) return String(content.ticket)
    if (status === 401) {
      sessionStorage.removeItem(KEY)
      why = 'That is not the API key of this server.'
    } else if (status === 409) {
      sayLink('Switched off', false)
      await dialogAnswered('is-off')
      await ask('PUT', '/v1/inspector', { on: true })
    } else throw new Error(content.detail ?? `The server answers ${status}`)
  }
}

const AGAIN_MS = 2000

const connect = async () => {
  const stream = new URL('/inspect/stream', location.href)
  stream.protocol = stream.protocol === 'https:' ? 'wss:' : 'ws:'
  try {
    stream.searchParams.set('ticket', await ticket())
  } catch {
    sayLink('The server does not answer; trying again', false)
    setTimeout(connect, AGAIN_MS)
    return
  }
  const accountId = address.searchParams.get('accountId')
  if (accountId !== null) stream.searchParams.set('accountId', accountId)
  void learnNames()
  const socket = new WebSocket(stream)
  model.expectPresent()
  socket.addEventListener('open', () => sayLink('Live', true))
  socket.addEventListener('message', ({ data }) => hear(JSON.parse(String(data))))
  socket.addEventListener('close', ({ code, reason }) => {
    sayLink(reason === '' ? 'Connection lost; trying again' : reason, false)
    setTimeout(connect, code === 4001 ? AGAIN_MS * 5 : AGAIN_MS)
  })
}

// ——— Hearing

/** @param {import('./model.js').Frame} frame */
const hear = frame => {
  model.hear(frame)
  stately.tell(frame)
  if (frame.type === '@backscroll.dropped')
    notify(
      `${model.dropped} events were left out: this browser could not keep up. The states shown are the present ones.`
    )
  redraw()
}

let isDue = false
let isPressed = false
addEventListener('pointerdown', () => (isPressed = true))
for (const end of ['pointerup', 'pointercancel', 'blur']) {
  addEventListener(end, () => {
    isPressed = false
    // After the click that this may be.
    setTimeout(redraw)
  })
}
const redraw = () => {
  if (isDue) return
  isDue = true
  requestAnimationFrame(() => {
    isDue = false
    // What is being clicked must not be drawn anew under the pointer.
    if (!isPressed) draw()
  })
}

// ——— Showing

/** @param {Actor} account */
const nameOf = account => names.get(account.name) ?? account.name

/** @param {number} at */
const ago = at => {
  const seconds = Math.max(0, Math.round((Date.now() - at) / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** How long an actor has been in its state, as far as this page knows. @param {Actor} actor */
const lasted = ({ isExact, since }) => `${isExact ? '' : 'at least '}${ago(since)}`

/** @param {string} state */
const chip = state => {
  const made = element('span', 'chip', state)
  made.dataset['state'] = state
  return made
}

const drawStates = () => {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const { snapshot } of model.accounts) {
    const state = leafOf(snapshot.value)
    counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  byId('states', HTMLElement).replaceChildren(
    ...[...counts]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([state, count]) => {
        const made = element('button', 'chip', `${state} ${count}`)
        made.type = 'button'
        made.dataset['state'] = state
        made.setAttribute('aria-pressed', String(onlyState === state))
        made.addEventListener('click', () => {
          onlyState = onlyState === state ? '' : state
          redraw()
        })
        return made
      })
  )
}

const drawList = () => {
  const wanted = byId('search', HTMLInputElement).value.trim().toLowerCase()
  const rows = model.accounts
    .filter(account => `${nameOf(account)} ${account.name}`.toLowerCase().includes(wanted))
    .filter(({ snapshot }) => onlyState === '' || leafOf(snapshot.value) === onlyState)
    .map(account => {
      const made = element(
        'button',
        'account',
        element('span', 'account-name', nameOf(account)),
        chip(leafOf(account.snapshot.value)),
        element('span', 'since', lasted(account))
      )
      made.type = 'button'
      made.setAttribute('aria-current', String(account.name === selected))
      made.addEventListener('click', () => {
        selected = account.name
        redraw()
      })
      return element('li', '', made)
    })
  const { root } = model
  if (root !== undefined) {
    const made = element('button', 'account', element('span', 'account-name', 'Supervisor'))
    made.type = 'button'
    made.setAttribute('aria-current', String(selected === root.name))
    made.addEventListener('click', () => {
      selected = root.name
      redraw()
    })
    rows.push(element('li', 'apart', made))
  }
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.textContent : ''
  const list = byId('accounts', HTMLElement)
  list.replaceChildren(
    ...(model.accounts.length > 0
      ? rows
      : [element('li', 'hint', 'No account yet: POST /v1/accounts'), ...rows])
  )
  const again = [...list.querySelectorAll('button')].find(made => made.textContent === focused)
  again?.focus()
}

const TIMES = new Set(['at', 'until', 'expiresAt'])

/** @param {unknown} value @param {string} [name] @returns {string} */
const said = (value, name = '') => {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'number' && TIMES.has(name)) return new Date(value).toLocaleTimeString()
  if (typeof value !== 'object') return typeof value === 'string' ? value : JSON.stringify(value)
  return Object.entries(value)
    .map(([part, one]) => (typeof one === 'boolean' ? `${part} ${one}` : said(one, part)))
    .join(' · ')
}

/** @param {Actor} actor */
const drawDetails = actor => {
  byId('works', HTMLElement).replaceChildren(
    ...model.childrenOf(actor.sessionId).map(({ name }) => element('span', 'work on', name))
  )
  byId('context', HTMLElement).replaceChildren(
    ...Object.entries(actor.snapshot.context ?? {}).flatMap(([name, value]) => [
      element('dt', '', name),
      element('dd', '', said(value, name))
    ])
  )
  byId('happenings', HTMLElement).replaceChildren(
    ...actor.happenings.map(({ at, carried, from, to, type }) =>
      element(
        'li',
        '',
        element('time', '', new Date(at).toLocaleTimeString()),
        element('b', '', saidShort(type)),
        ...(from === to ? [] : [element('span', 'moved', `${from} → ${to}`)]),
        ...(Object.keys(carried).length === 0 ? [] : [element('code', '', said(carried))])
      )
    )
  )
}

const draw = () => {
  drawStates()
  drawList()
  const choice = [...model.accounts, ...(model.root === undefined ? [] : [model.root])]
  selected ??= choice[0]?.name
  const actor = choice.find(({ name }) => name === selected)
  const only = byId('only', HTMLButtonElement)
  only.hidden = actor === undefined || actor === model.root
  if (actor === undefined) return
  byId('title', HTMLElement).textContent = actor === model.root ? 'Supervisor' : nameOf(actor)
  const state = leafOf(actor.snapshot.value)
  const now = byId('now', HTMLElement)
  now.textContent = state
  now.dataset['state'] = state
  byId('since', HTMLElement).textContent = state === '' ? '' : `for ${lasted(actor)}`
  only.textContent = address.searchParams.has('accountId') ? 'All accounts' : 'Only this account'
  chart.show(actor)
  byId('ways', HTMLElement).replaceChildren(...waysFrom(actor).map(wayRow))
  drawDetails(actor)
}

// ——— The Stately inspector beside it

const UNREACHABLE_MS = 10_000

const stately = (() => {
  const frame = byId('stately-view', HTMLIFrameElement)
  const button = byId('stately', HTMLButtonElement)
  const own = byId('own', HTMLButtonElement)
  const ui = document.querySelector('meta[name="inspector-ui"]')?.getAttribute('content') ?? ''
  // A frame of this origin could read the key.
  const origin = ui === '' || new URL(ui).origin === location.origin ? undefined : new URL(ui).origin
  let isConnected = false

  /** @param {import('./model.js').Frame} told */
  const tell = told => {
    if (isConnected && origin !== undefined && told.type.startsWith('@xstate.'))
      frame.contentWindow?.postMessage(told, origin)
  }

  /** @param {boolean} isStately */
  const show = isStately => {
    frame.hidden = !isStately
    byId('own-view', HTMLElement).hidden = isStately
    button.setAttribute('aria-pressed', String(isStately))
    own.setAttribute('aria-pressed', String(!isStately))
  }

  /** Loaded when somebody asks for it: it comes from elsewhere. */
  const load = () => {
    if (frame.src !== '') return
    frame.src = ui
    button.textContent = 'Stately …'
    setTimeout(() => {
      if (isConnected) return
      button.textContent = 'Stately'
      button.disabled = true
      notify('The Stately inspector cannot be reached from this browser. This page shows the same.')
      show(false)
    }, UNREACHABLE_MS)
  }

  button.hidden = origin === undefined
  own.hidden = button.hidden
  own.addEventListener('click', () => show(false))
  button.addEventListener('click', () => {
    load()
    if (isConnected) show(true)
  })
  addEventListener('message', event => {
    if (event.source !== frame.contentWindow || event.origin !== origin) return
    if (event.data?.type !== '@statelyai.connected') return
    isConnected = true
    button.textContent = 'Stately'
    // It begins with what lives now.
    for (const { registration, snapshot } of model.actors.values()) tell({ ...registration, snapshot })
    show(true)
  })
  return { tell }
})()

byId('search', HTMLInputElement).addEventListener('input', redraw)
byId('off', HTMLButtonElement).addEventListener(
  'click',
  () => void ask('PUT', '/v1/inspector', { on: false })
)
byId('only', HTMLButtonElement).addEventListener('click', () => {
  if (address.searchParams.has('accountId')) address.searchParams.delete('accountId')
  else if (selected !== undefined) address.searchParams.set('accountId', selected)
  location.href = address.href
})
// How long a state has lasted grows by itself.
setInterval(redraw, 1000)
void connect()
