// The inspector's page: asks for the API key, opens the stream, and shows it in its own drawing or, on request, in the
// Stately inspector.
import { Chart, element, wayRow, waysFrom } from './chart.js'
import { leafOf, Model, saidOf } from './model.js'
import { makeRows } from './rows.js'

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
/** The only account to watch; all accounts when empty. */
const watched = address.searchParams.get('accountId') ?? ''
const model = new Model()
const chart = new Chart(byId('chart', HTMLElement))
/** The actor whose machine is drawn. @type {string | undefined} */
let selected = watched || decodeURIComponent(address.hash.slice(1)) || undefined
/** The state that the list of accounts is filtered by; all states when empty. */
let onlyState = ''
/** Names of accounts by their ids. @type {Map<string, string>} */
const names = new Map()
/** When the connection was lost; milliseconds since 1970. @type {number | undefined} */
let silentSince

/** @param {number} ms */
const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

// ——— Requests to the server

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

/** The value a dialog was closed with; empty when it was dismissed. @param {string} id @returns {Promise<string>} */
const answerOf = id => {
  const dialog = byId(id, HTMLDialogElement)
  dialog.returnValue = ''
  if (!dialog.open) dialog.showModal()
  return new Promise(resolve =>
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true })
  )
}

/** @param {string} why */
const signIn = async why => {
  byId('why', HTMLElement).textContent = why
  const field = byId('key', HTMLInputElement)
  field.value = ''
  await answerOf('sign-in')
  sessionStorage.setItem(KEY, field.value.trim())
}

/** @param {string} text @param {boolean} isLive */
const sayLink = (text, isLive) => {
  const link = byId('link', HTMLElement)
  link.textContent = text
  link.classList.toggle('live', isLive)
  silentSince = isLive ? undefined : (silentSince ?? Date.now())
  // Without a connection the page shows old data, which must not look current.
  byId('own-view', HTMLElement).classList.toggle('stale', !isLive && model.actors.size > 0)
}

/** @param {string} text */
const notify = text => {
  const notice = byId('notice', HTMLElement)
  notice.textContent = text
  notice.hidden = text === ''
}

let isLearning = false
const learnNames = async () => {
  if (isLearning) return
  isLearning = true
  // When many accounts appear at once, their names are requested once.
  await pause(LEARN_MS)
  isLearning = false
  const { content, status } = await ask('GET', '/v1/accounts').catch(() => ({ content: {}, status: 0 }))
  if (status !== 200) return
  for (const { accountId, name } of content.accounts) names.set(accountId, name)
  redraw()
}
const LEARN_MS = 300

const LOOK_AGAIN_MS = 3000
const toggle = byId('off', HTMLButtonElement)

let isOff = false

/** Completes when the inspector is on, switched on here or elsewhere. */
const untilOn = async () => {
  isOff = true
  redraw()
  sayLink('Switched off', false)
  toggle.textContent = 'Switch on'
  if ((await answerOf('is-off')) === 'on') await ask('PUT', '/v1/inspector', { on: true })
  while (true) {
    const { content } = await ask('GET', '/v1/inspector')
    if (content.on === true) break
    await Promise.race([
      pause(LOOK_AGAIN_MS),
      new Promise(resolve => toggle.addEventListener('click', resolve, { once: true }))
    ])
  }
  isOff = false
  toggle.textContent = 'Switch off'
}

/** A ticket; retries until the server issues one. */
const ticket = async () => {
  let why = 'Live state of every account on this server.'
  while (true) {
    if ((sessionStorage.getItem(KEY) ?? '') === '') await signIn(why)
    const { content, status } = await ask('POST', '/v1/inspector/tickets')
    if (status === 201) return String(content.ticket)
    if (status === 401) {
      sessionStorage.removeItem(KEY)
      why = 'That is not the API key of this server.'
    } else if (status === 409) await untilOn()
    else throw new Error(content.detail ?? `The server answers ${status}`)
  }
}

const AGAIN_MS = 2000
const ALL_SEATS_TAKEN = 4001

const connect = async () => {
  const stream = new URL('/inspect/stream', location.href)
  stream.protocol = stream.protocol === 'https:' ? 'wss:' : 'ws:'
  try {
    stream.searchParams.set('ticket', await ticket())
    if (watched !== '') {
      stream.searchParams.set('accountId', watched)
      const { status } = await ask('GET', `/v1/accounts/${encodeURIComponent(watched)}`)
      if (status !== 200) {
        sayLink('There is no such account', false)
        return
      }
    }
  } catch {
    sayLink('The server does not answer; retrying', false)
    setTimeout(connect, AGAIN_MS)
    return
  }
  void learnNames()
  const socket = new WebSocket(stream)
  model.expectPresent()
  socket.addEventListener('open', () => sayLink('Live', true))
  socket.addEventListener('message', ({ data }) => hear(JSON.parse(String(data))))
  socket.addEventListener('close', ({ code, reason }) => {
    sayLink(reason === '' ? 'Connection lost; retrying' : reason, false)
    setTimeout(connect, code === ALL_SEATS_TAKEN ? AGAIN_MS * 5 : AGAIN_MS)
  })
}

// ——— Receiving

/** @param {import('./model.js').Frame} frame */
const hear = frame => {
  model.hear(frame)
  stately.send(frame)
  if (frame.type === '@backscroll.dropped')
    notify(
      `${model.dropped} events were dropped because this browser could not keep up. The states shown are current.`
    )
  if (frame.type === '@xstate.actor' && model.accounts.some(({ name }) => !names.has(name))) void learnNames()
  redraw()
}

let isDue = false
const redraw = () => {
  if (isDue) return
  isDue = true
  requestAnimationFrame(() => {
    isDue = false
    draw()
  })
}

// ——— Rendering

/** @param {Actor} account */
const nameOf = account => names.get(account.name) ?? account.name

/** @param {number} at */
const ago = at => {
  const seconds = Math.max(0, Math.round(((silentSince ?? Date.now()) - at) / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** How long an actor has been in its state, as far as this page knows. @param {Actor} actor */
const lasted = ({ isExact, since }) => `${isExact ? '' : 'at least '}${ago(since)}`

const states = makeRows(byId('states', HTMLElement), state => {
  const made = element('button', 'chip')
  made.type = 'button'
  made.dataset['state'] = state
  made.addEventListener('click', () => {
    onlyState = onlyState === state ? '' : state
    redraw()
  })
  return {
    outer: made,
    /** @param {number} count */
    update: count => {
      made.textContent = `${state} ${count}`
      made.setAttribute('aria-pressed', String(onlyState === state))
    }
  }
})

const list = makeRows(byId('accounts', HTMLElement), name => {
  const called = element('bdi', 'account-name')
  const chip = element('span', 'chip')
  const since = element('span', 'since')
  const made = element('button', 'account', called, chip, since)
  made.type = 'button'
  made.addEventListener('click', () => {
    selected = name
    redraw()
  })
  return {
    outer: element('li', '', made),
    /** @param {{ title: string, state: string, since: string }} shown */
    update: shown => {
      called.textContent = shown.title
      chip.textContent = shown.state
      chip.dataset['state'] = shown.state
      since.textContent = shown.since
      made.setAttribute('aria-current', String(name === selected))
    }
  }
})

const drawStates = () => {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const { snapshot } of model.accounts) {
    const state = leafOf(snapshot.value)
    counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  if (!counts.has(onlyState)) onlyState = ''
  states([...counts].toSorted(([a], [b]) => a.localeCompare(b)))
}

const drawList = () => {
  const wanted = byId('search', HTMLInputElement).value.trim().toLowerCase()
  const shown = model.accounts
    .filter(account => `${nameOf(account)} ${account.name}`.toLowerCase().includes(wanted))
    .filter(({ snapshot }) => onlyState === '' || leafOf(snapshot.value) === onlyState)
    .toSorted((a, b) => nameOf(a).localeCompare(nameOf(b), undefined, { numeric: true }))
  const { root } = model
  list([
    ...shown.map(account => {
      const state = leafOf(account.snapshot.value)
      return /** @type {const} */ ([account.name, { title: nameOf(account), state, since: lasted(account) }])
    }),
    ...(root === undefined
      ? []
      : [/** @type {const} */ ([root.name, { title: 'Supervisor', state: '', since: '' }])])
  ])
  const hint = byId('none', HTMLElement)
  hint.hidden = shown.length > 0
  hint.textContent = hintOf()
}

/** Why no account is listed. */
const hintOf = () => {
  if (isOff) return 'The inspector is off'
  if (model.root === undefined) return 'Not connected'
  return model.accounts.length > 0 ? 'No account matches' : 'No account yet: POST /v1/accounts'
}

const TIMES = new Set(['at', 'until', 'expiresAt'])

/** @param {unknown} value @param {string} [name] @returns {string} */
const said = (value, name = '') => {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'number' && TIMES.has(name)) return new Date(value).toLocaleTimeString()
  if (typeof value !== 'object') return typeof value === 'string' ? value : JSON.stringify(value)
  const parts = Object.entries(value)
  return parts.length === 0
    ? '–'
    : parts
        .map(([part, one]) =>
          typeof one === 'string' || TIMES.has(part) ? said(one, part) : `${part} ${said(one, part)}`
        )
        .join(' · ')
}

/** @param {Actor} actor */
const drawDetails = actor => {
  byId('works', HTMLElement).replaceChildren(
    ...model.childrenOf(actor.sessionId).map(({ name }) => element('bdi', 'work on', names.get(name) ?? name))
  )
  byId('context', HTMLElement).replaceChildren(
    ...Object.entries(actor.snapshot.context ?? {}).flatMap(([name, value]) => [
      element('dt', '', name),
      element('dd', '', said(value, name))
    ])
  )
  const happenings = model.happeningsOf(actor)
  byId('happenings', HTMLElement).replaceChildren(
    ...happenings.map(({ at, carried, from, to, type }) =>
      element(
        'li',
        '',
        element('time', '', new Date(at).toLocaleTimeString()),
        element('b', '', saidOf(actor.definition, type)),
        ...(from === to ? [] : [element('span', 'moved', `${from} → ${to}`)]),
        ...(Object.keys(carried).length === 0 ? [] : [element('code', '', said(carried))])
      )
    ),
    ...(happenings.length === 0 ? [element('li', 'hint', 'No events since this page was opened')] : [])
  )
}

const draw = () => {
  drawStates()
  drawList()
  const choice = [...model.accounts, ...(model.root === undefined ? [] : [model.root])]
  // Accounts are listed behind the supervisor: it must not be chosen because it was here first.
  if (model.isComplete) selected ??= choice[0]?.name
  const actor = choice.find(({ name }) => name === selected)
  const only = byId('only', HTMLButtonElement)
  only.textContent = watched === '' ? 'Only this account' : 'All accounts'
  only.hidden = watched === '' && (actor === undefined || actor === model.root)
  // An account that is being restarted reappears in a moment.
  if (actor === undefined) return
  byId('title', HTMLElement).textContent = actor === model.root ? 'Supervisor' : nameOf(actor)
  const state = leafOf(actor.snapshot.value)
  const now = byId('now', HTMLElement)
  now.textContent = state
  now.dataset['state'] = state
  byId('since', HTMLElement).textContent = state === '' ? '' : `for ${lasted(actor)}`
  chart.show(actor)
  byId('ways', HTMLElement).replaceChildren(...waysFrom(actor).map(wayRow))
  drawDetails(actor)
}

// ——— The Stately inspector

const UNREACHABLE_MS = 10_000

const stately = (() => {
  const frame = byId('stately-view', HTMLIFrameElement)
  const button = byId('stately', HTMLButtonElement)
  const own = byId('own', HTMLButtonElement)
  const ui = document.querySelector('meta[name="inspector-ui"]')?.getAttribute('content') ?? ''
  // A frame of this origin could read the key.
  const origin = ui === '' || new URL(ui).origin === location.origin ? undefined : new URL(ui).origin
  let isConnected = false

  /** @param {import('./model.js').Frame} message */
  const send = message => {
    if (isConnected && origin !== undefined && message.type.startsWith('@xstate.'))
      frame.contentWindow?.postMessage(message, origin)
  }

  /** @param {boolean} isStately */
  const show = isStately => {
    frame.hidden = !isStately
    byId('own-view', HTMLElement).hidden = isStately
    button.setAttribute('aria-pressed', String(isStately))
    own.setAttribute('aria-pressed', String(!isStately))
  }

  /** Loaded only on request, because it comes from another server. */
  const load = () => {
    if (frame.src !== '') return
    frame.src = ui
    button.textContent = 'Stately …'
    setTimeout(() => {
      if (isConnected) return
      button.textContent = 'Stately'
      button.disabled = true
      notify('The Stately inspector cannot be reached from this browser. This page shows the same.')
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
    button.disabled = false
    button.textContent = 'Stately'
    // It needs the current actors first.
    for (const { registration, snapshot } of model.actors.values()) send({ ...registration, snapshot })
    show(true)
  })
  return { send }
})()

byId('search', HTMLInputElement).addEventListener('input', redraw)
// Without a key there is nothing to show: this dialog cannot be dismissed.
byId('sign-in', HTMLDialogElement).addEventListener('cancel', event => event.preventDefault())
toggle.addEventListener(
  'click',
  () => void ask('PUT', '/v1/inspector', { on: toggle.textContent === 'Switch on' })
)
byId('only', HTMLButtonElement).addEventListener('click', () => {
  if (watched === '' && selected !== undefined) address.searchParams.set('accountId', selected)
  else address.searchParams.delete('accountId')
  address.hash = encodeURIComponent(selected ?? '')
  if (address.href === location.href) location.reload()
  else location.href = address.href
})
// The displayed durations grow without any event.
setInterval(redraw, 1000)
void connect()
