// The endpoints of contacts: people whose primary device answers on its own. A phone's account can be read and changed here too.
import { describeAccount } from '../describe.ts'
import { DEVICE_NEWS } from '../../state/account.ts'
import { accountOf, addressingFrom, type ControlRoute, personNamed } from '../requests.ts'

export const contactRoutes: readonly ControlRoute[] = [
  {
    method: 'POST',
    path: '/contacts',
    answer: ({ simulator, body }) => {
      const fields = body()
      const name = fields.optionalText('name')
      const phoneNumber = fields.optionalText('phoneNumber')
      const contact = simulator.createContact({
        ...(name === undefined ? {} : { name }),
        ...(phoneNumber === undefined ? {} : { phoneNumber })
      })
      return describeAccount(simulator, contact)
    }
  },
  {
    method: 'GET',
    path: '/contacts/:jid',
    answer: call => describeAccount(call.simulator, accountOf(call))
  },
  {
    method: 'PATCH',
    path: '/contacts/:jid',
    answer: call => {
      const contact = accountOf(call)
      const body = call.body()
      const online = body.optionalBoolean('online')
      contact.readsAutomatically = body.optionalBoolean('readsAutomatically') ?? contact.readsAutomatically
      contact.addressing = addressingFrom(body) ?? contact.addressing
      contact.pushName = body.optionalText('name') ?? contact.pushName
      contact.online = online ?? contact.online
      contact.deviceNews = body.optionalOneOf('deviceNews', DEVICE_NEWS) ?? contact.deviceNews
      for (const jid of body.texts('strangers')) contact.strangers.add(personNamed(call.simulator, jid))
      if (online) call.simulator.network.wentOnline(contact)
      return describeAccount(call.simulator, contact)
    }
  },
  {
    method: 'POST',
    path: '/contacts/:jid/number',
    answer: call => {
      const contact = accountOf(call)
      const body = call.body()
      call.simulator.changeNumber(contact, {
        phoneNumber: body.optionalText('phoneNumber'),
        told: body.optionalBoolean('told')
      })
      return describeAccount(call.simulator, contact)
    }
  },
  {
    method: 'POST',
    path: '/contacts/:jid/reinstall',
    answer: call => call.simulator.reinstall(accountOf(call))
  },
  {
    method: 'POST',
    path: '/contacts/:jid/habits',
    answer: call => {
      const body = call.body()
      const { habits } = accountOf(call)
      habits.sealsEdits = body.optionalBoolean('sealsEdits') ?? habits.sealsEdits
      habits.sendsSecrets = body.optionalBoolean('sendsSecrets') ?? habits.sendsSecrets
      habits.contextInsideCopies = body.optionalBoolean('contextInsideCopies') ?? habits.contextInsideCopies
      return habits
    }
  }
]
