// The endpoints of the control port, one line or a few each. README.md lists them for people.
import type { Account } from '../state/account.ts'
import { isFault } from '../state/faults.ts'
import type { Group } from '../state/group.ts'
import type { Phone } from '../phone.ts'
import type { HistoryOptions } from '../phone-factory.ts'
import type { Simulator } from '../simulator.ts'
import { writeTruth } from './truth-stream.ts'
import {
  ControlError,
  type Call,
  text,
  optionalText,
  optionalNumber,
  texts,
  phoneOf,
  contentFrom,
  number,
  timelockFrom,
  capFrom,
  outcomeFrom,
  groupChangeFrom,
  writeOptionsFrom,
  addressingFrom
} from './requests.ts'

export interface ControlRoute {
  readonly method: string
  readonly path: string
  readonly answer: (call: Call) => unknown
}

const describeAccount = (account: Account) => ({
  jid: account.jid,
  lid: account.lid,
  name: account.pushName,
  addressing: account.addressing,
  readsByItself: account.readsByItself
})

const describeGroup = (group: Group) => ({
  id: group.id,
  subject: group.subject,
  addressing: group.addressing,
  members: [...group.members].map(([member, rank]) => ({ jid: member.jid, lid: member.lid, rank }))
})

const describe = (phone: Phone) => ({
  phoneNumber: phone.phoneNumber,
  jid: phone.jid,
  lid: phone.lid,
  name: phone.name,
  online: phone.account.online,
  generatedMessages: phone.mailbox.generatedCount,
  contacts: phone.contacts.map(describeAccount),
  groups: phone.groups.map(describeGroup),
  devices: phone.devices.map(device => ({
    number: device.number,
    jid: device.jid,
    lid: device.lid,
    connected: device.connection !== undefined,
    logins: device.logins,
    preKeys: device.preKeys.size,
    waiting: device.queue.size
  }))
})

const linkStranger = async (simulator: Simulator, qr: string): Promise<unknown> => {
  const phone = simulator.phoneForQr(qr)
  const device = await phone.scanQr(qr)
  return { ...describe(phone), device }
}

export const routes: readonly ControlRoute[] = [
  { method: 'GET', path: '/', answer: ({ describe }) => describe() },
  { method: 'GET', path: '/ca.pem', answer: ({ simulator }) => simulator.caCertificate },
  {
    method: 'GET',
    path: '/errors',
    answer: ({ simulator }) =>
      simulator.network.background.errors.map(({ at, where, error }) => ({ at, where, error: String(error) }))
  },
  {
    method: 'GET',
    path: '/events',
    answer: ({ simulator, response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      response.write(': ready\n\n')
      const off = simulator.events.on(({ name, detail }) => {
        response.write(`event: ${name}\ndata: ${JSON.stringify(detail)}\n\n`)
      })
      response.on('close', off)
    }
  },
  { method: 'GET', path: '/phones', answer: ({ simulator }) => simulator.phones.map(describe) },
  {
    method: 'POST',
    path: '/phones',
    answer: ({ simulator, body }) => {
      const options = body()
      const history = options['history'] as HistoryOptions | undefined
      return describe(
        simulator.createPhone({
          phoneNumber: optionalText(options['phoneNumber']),
          name: optionalText(options['name']),
          history: history ?? simulator.defaultHistory
        })
      )
    }
  },
  { method: 'GET', path: '/phones/:phone', answer: call => describe(phoneOf(call)) },
  {
    method: 'POST',
    path: '/phones/:phone/scan',
    answer: async call => ({ device: await phoneOf(call).scanQr(text(call.body()['qr'], 'qr')) })
  },
  {
    method: 'POST',
    path: '/phones/:phone/pairing-code',
    answer: async call => ({
      device: await phoneOf(call).enterPairingCode(text(call.body()['code'], 'code'))
    })
  },
  {
    method: 'POST',
    path: '/scan',
    answer: ({ simulator, body }) => linkStranger(simulator, text(body()['qr'], 'qr'))
  },
  {
    method: 'POST',
    path: '/admin/mock-phone/scan-qr',
    answer: ({ simulator, text: qr }) => linkStranger(simulator, qr)
  },
  {
    method: 'POST',
    path: '/phones/:phone/receive',
    answer: call => {
      const body = call.body()
      return phoneOf(call).receive({
        from: text(body['from'], 'from'),
        group: optionalText(body['group']),
        ...contentFrom(call.simulator, body),
        ...writeOptionsFrom(body)
      })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/send',
    answer: call => {
      const body = call.body()
      return phoneOf(call).send({
        to: text(body['to'], 'to'),
        ...contentFrom(call.simulator, body),
        ...writeOptionsFrom(body)
      })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/read',
    answer: call => phoneOf(call).markRead(text(call.body()['chat'], 'chat'))
  },
  {
    method: 'POST',
    path: '/phones/:phone/typing',
    answer: call => {
      const { from, group, state } = call.body()
      const known = state === 'recording' || state === 'paused' ? state : 'composing'
      phoneOf(call).showTyping({ from: text(from, 'from'), group: optionalText(group), state: known })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/presence',
    answer: call => {
      const { from, available } = call.body()
      phoneOf(call).showPresence({ from: text(from, 'from'), available: available !== false })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/status',
    answer: call => {
      const body = call.body()
      return phoneOf(call).receiveStatus({
        from: text(body['from'], 'from'),
        text: text(body['text'], 'text')
      })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/ring',
    answer: call => {
      const { from, video, outcome } = call.body()
      return {
        callId: phoneOf(call).ring({
          from: text(from, 'from'),
          video: video === true,
          outcome: outcomeFrom(outcome)
        })
      }
    }
  },
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
  { method: 'DELETE', path: '/phones/:phone/message-cap', answer: call => phoneOf(call).capMessages(null) },
  {
    method: 'POST',
    path: '/phones/:phone/flood',
    answer: call => {
      const body = call.body()
      const from = typeof body['from'] === 'string' ? body['from'] : texts(body['from'])
      return phoneOf(call).flood({
        ...(from.length > 0 ? { from } : {}),
        count: number(body['count'], 'count'),
        ...(typeof body['text'] === 'string' ? { text: body['text'] } : {})
      })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/expire-media',
    answer: call => {
      const body = call.body()
      phoneOf(call).expireMedia(text(body['id'], 'id'), { lost: body['lost'] === true })
    }
  },
  { method: 'POST', path: '/phones/:phone/offline', answer: call => phoneOf(call).goOffline() },
  { method: 'POST', path: '/phones/:phone/online', answer: call => phoneOf(call).goOnline() },
  {
    method: 'DELETE',
    path: '/phones/:phone/offline-queue',
    answer: call => ({ expired: phoneOf(call).expireOfflineQueue() })
  },
  {
    method: 'POST',
    path: '/phones/:phone/groups',
    answer: call => {
      const body = call.body()
      const addressing = addressingFrom(body['addressing'])
      return describeGroup(
        phoneOf(call).createGroup(
          text(body['subject'], 'subject'),
          texts(body['members']),
          addressing === undefined ? {} : { addressing }
        )
      )
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/groups/:group/members',
    answer: call => {
      const body = call.body()
      const phone = phoneOf(call)
      const group = text(call.parameters['group'], 'group')
      if (texts(body['add']).length > 0) phone.addMembers(group, texts(body['add']))
      if (texts(body['remove']).length > 0) phone.removeMembers(group, texts(body['remove']))
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/groups/:group/change',
    answer: call => {
      const body = call.body()
      phoneOf(call).changeGroup(text(call.parameters['group'], 'group'), groupChangeFrom(body), {
        by: optionalText(body['by'])
      })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/unlink',
    answer: call => phoneOf(call).unlinkDevice(optionalNumber(call.body()['device']) ?? 1)
  },
  {
    method: 'POST',
    path: '/phones/:phone/disconnect',
    answer: call => {
      const body = call.body()
      phoneOf(call).disconnect({ code: optionalNumber(body['code']), device: optionalNumber(body['device']) })
    }
  },
  { method: 'GET', path: '/phones/:phone/truth', answer: call => writeTruth(phoneOf(call), call.response) },
  { method: 'GET', path: '/phones/:phone/offline-queue', answer: call => phoneOf(call).offlineQueue() },
  {
    method: 'POST',
    path: '/contacts',
    answer: ({ simulator, body }) => {
      const { name, phoneNumber } = body()
      return describeAccount(
        simulator.createContact({
          ...(typeof name === 'string' ? { name } : {}),
          ...(typeof phoneNumber === 'string' ? { phoneNumber } : {})
        })
      )
    }
  },
  {
    method: 'PATCH',
    path: '/contacts/:jid',
    answer: ({ simulator, parameters, body }) => {
      const contact = simulator.network.directory.find(parameters['jid'])
      if (!contact) throw new ControlError(404, `there is nobody called ${parameters['jid']}`)
      const { readsByItself, addressing, name, online } = body()
      if (typeof readsByItself === 'boolean') contact.readsByItself = readsByItself
      contact.addressing = addressingFrom(addressing) ?? contact.addressing
      if (typeof name === 'string') contact.pushName = name
      if (typeof online === 'boolean') {
        contact.online = online
        if (online) simulator.network.wentOnline(contact)
      }
      return describeAccount(contact)
    }
  },
  {
    method: 'POST',
    path: '/contacts/:jid/reinstall',
    answer: ({ simulator, parameters }) => {
      const contact = simulator.network.directory.find(parameters['jid'])
      if (!contact) throw new ControlError(404, `there is nobody called ${parameters['jid']}`)
      simulator.reinstall(contact)
    }
  },
  { method: 'GET', path: '/faults', answer: ({ simulator }) => simulator.network.faults.list() },
  {
    method: 'POST',
    path: '/faults',
    answer: ({ simulator, body }) => {
      const { fault, phone, device, times } = body()
      if (!isFault(fault)) throw new ControlError(400, 'fault.kind is missing or unknown')
      const account = typeof phone === 'string' ? simulator.phone(phone)?.account : undefined
      if (typeof phone === 'string' && !account) throw new ControlError(404, `there is no phone ${phone}`)
      const active = simulator.fault(fault, {
        account,
        device: optionalNumber(device),
        times: optionalNumber(times)
      })
      return { id: active.id }
    }
  },
  { method: 'DELETE', path: '/faults', answer: ({ simulator }) => simulator.network.faults.clearAll() },
  {
    method: 'DELETE',
    path: '/faults/:id',
    answer: ({ simulator, parameters }) => ({
      cleared: simulator.network.faults.clear(Number(parameters['id']))
    })
  },
  {
    method: 'POST',
    path: '/disconnect',
    answer: ({ simulator, body }) => simulator.disconnectAll(optionalNumber(body()['code']))
  }
]
