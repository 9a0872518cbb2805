// The endpoints of one phone: making it, its linked devices, its connections, what it holds.
import { ALL_WA_PATCH_NAMES } from '@whiskeysockets/baileys'
import { describePhone } from '../describe.ts'
import { streamErrorIn } from '../faults.ts'
import {
  capFrom,
  type ControlRoute,
  historySharingFrom,
  patchFrom,
  phoneOf,
  timelockFrom
} from '../requests.ts'
import { historyFrom } from '../../phone-factory.ts'
import { DIRECT_ADDRESSINGS } from '../../state/account.ts'
import { writeTruth } from '../truth-stream.ts'

const created: readonly ControlRoute[] = [
  {
    method: 'GET',
    path: '/phones',
    answer: ({ simulator }) => simulator.phones.map(phone => describePhone(simulator, phone))
  },
  {
    method: 'POST',
    path: '/phones',
    answer: ({ simulator, body }) => {
      const options = body()
      const history = options.get('history')
      const phone = simulator.createPhone({
        phoneNumber: options.optionalText('phoneNumber'),
        name: options.optionalText('name'),
        history: history === undefined ? simulator.defaultHistory : historyFrom(history),
        directAddressing: options.optionalOneOf('directAddressing', DIRECT_ADDRESSINGS),
        requiresTokens: options.optionalBoolean('requiresTokens')
      })
      return describePhone(simulator, phone)
    }
  },
  {
    method: 'GET',
    path: '/phones/:phone',
    answer: call => describePhone(call.simulator, phoneOf(call))
  },
  {
    method: 'POST',
    path: '/phones/:phone/prepare-history',
    answer: call => {
      const chunks = phoneOf(call).prepareHistory(call.body().text('folder'))
      return { chunks: chunks.length, messages: chunks.reduce((sum, { messages }) => sum + messages, 0) }
    }
  },
  { method: 'GET', path: '/phones/:phone/truth', answer: call => writeTruth(phoneOf(call), call.response) }
]

const linkedDevices: readonly ControlRoute[] = [
  {
    method: 'POST',
    path: '/phones/:phone/confused-pre-keys',
    answer: call => phoneOf(call).confusePreKeys(call.body().optionalNumber('device') ?? 1)
  },
  {
    method: 'POST',
    path: '/phones/:phone/unlink',
    answer: call => phoneOf(call).unlinkDevice(call.body().optionalNumber('device') ?? 1)
  },
  {
    method: 'POST',
    path: '/phones/:phone/disconnect',
    answer: call => {
      const body = call.body()
      phoneOf(call).disconnect({ ...streamErrorIn(body), device: body.optionalNumber('device') })
    }
  },
  { method: 'GET', path: '/phones/:phone/offline-queue', answer: call => phoneOf(call).offlineQueue() },
  {
    method: 'DELETE',
    path: '/phones/:phone/offline-queue',
    answer: call => ({ expired: phoneOf(call).expireOfflineQueue() })
  }
]

const settings: readonly ControlRoute[] = [
  { method: 'POST', path: '/phones/:phone/offline', answer: call => phoneOf(call).goOffline() },
  { method: 'POST', path: '/phones/:phone/online', answer: call => phoneOf(call).goOnline() },
  {
    method: 'POST',
    path: '/phones/:phone/direct-addressing',
    answer: call => {
      const { account } = phoneOf(call)
      const body = call.body()
      account.directAddressing =
        body.optionalOneOf('addressing', DIRECT_ADDRESSINGS) ?? account.directAddressing
      account.requiresTokens = body.optionalBoolean('requiresTokens') ?? account.requiresTokens
      return { directAddressing: account.directAddressing, requiresTokens: account.requiresTokens }
    }
  },
  {
    method: 'PATCH',
    path: '/phones/:phone/history-sharing',
    answer: call => {
      const { account } = phoneOf(call)
      account.historySharing = historySharingFrom(call.body(), account.historySharing)
      return account.historySharing
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/name',
    answer: call => phoneOf(call).rename(call.body().text('name'))
  },
  {
    method: 'POST',
    path: '/phones/:phone/contact-name',
    answer: call => {
      const body = call.body()
      return phoneOf(call).nameContact(
        body.text('contact'),
        body.get('name') === null ? undefined : body.text('name')
      )
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/app-state',
    answer: call => phoneOf(call).changeAppState(patchFrom(call.body()))
  },
  {
    method: 'POST',
    path: '/phones/:phone/app-state/unreadable',
    answer: call => {
      const body = call.body()
      return phoneOf(call).writeUnreadableAppState(
        body.oneOf('collection', ALL_WA_PATCH_NAMES),
        body.texts('index')
      )
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/app-state/rotate-key',
    answer: call => phoneOf(call).rotateAppStateKey({ share: call.body().optionalBoolean('share') })
  },
  {
    method: 'POST',
    path: '/phones/:phone/token-salt',
    answer: call => phoneOf(call).changeTokenSalt()
  },
  {
    method: 'POST',
    path: '/phones/:phone/unarchive-chats',
    answer: call => phoneOf(call).setUnarchiveChats(call.body().boolean('unarchive'))
  },
  {
    method: 'POST',
    path: '/phones/:phone/labels',
    answer: call => {
      const body = call.body()
      return phoneOf(call).editLabel({
        id: body.text('id'),
        name: body.text('name'),
        color: body.optionalNumber('color'),
        deleted: body.optionalBoolean('deleted')
      })
    }
  }
]

const limits: readonly ControlRoute[] = [
  {
    method: 'POST',
    path: '/phones/:phone/restriction',
    answer: call => phoneOf(call).restrict(timelockFrom(call.body()))
  },
  { method: 'DELETE', path: '/phones/:phone/restriction', answer: call => phoneOf(call).restrict(null) },
  {
    method: 'POST',
    path: '/phones/:phone/message-cap',
    answer: call => phoneOf(call).capMessages(capFrom(call.body()))
  },
  { method: 'DELETE', path: '/phones/:phone/message-cap', answer: call => phoneOf(call).capMessages(null) }
]

export const phoneRoutes: readonly ControlRoute[] = [...created, ...linkedDevices, ...settings, ...limits]
