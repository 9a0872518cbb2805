// The endpoints of what happens in a phone's chats: messages, receipts, settings, presence, calls, groups.
import { proto } from '@whiskeysockets/baileys'
import { describeGroup } from '../describe.ts'
import {
  addressingFrom,
  chatSettingFrom,
  contentFrom,
  type ControlRoute,
  groupChangeFrom,
  messageMarkFrom,
  parameterOf,
  personNamed,
  phoneOf,
  sharedHistoryFrom,
  stanzaFrom,
  statusFrom,
  writeOptionsFrom
} from '../requests.ts'
import { AUDIENCES } from '../../state/account.ts'
import { UNREADABLE } from '../../state/sent-messages.ts'

const messages: readonly ControlRoute[] = [
  {
    method: 'POST',
    path: '/phones/:phone/receive',
    answer: call => {
      const body = call.body()
      return phoneOf(call).receive({
        from: body.text('from'),
        group: body.optionalText('group'),
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
        to: body.text('to'),
        ...contentFrom(call.simulator, body),
        ...writeOptionsFrom(body)
      })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/broadcast',
    answer: call => {
      const body = call.body()
      return phoneOf(call).sendToList({
        to: body.texts('to'),
        ...contentFrom(call.simulator, body),
        ...writeOptionsFrom(body),
        list: body.text('list')
      })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/ask-bot',
    answer: call => {
      const body = call.body()
      return phoneOf(call).askBot(body.text('text'), body.optionalText('bot'))
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/bot-answer',
    answer: call => {
      const body = call.body()
      return phoneOf(call).receiveBotAnswer({
        to: body.text('to'),
        text: body.text('text'),
        from: body.optionalText('from'),
        group: body.optionalText('group'),
        continues: body.optionalText('continues'),
        isLast: body.optionalBoolean('isLast')
      })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/flood',
    answer: call => {
      const body = call.body()
      const from = typeof body.get('from') === 'string' ? body.text('from') : body.texts('from')
      return phoneOf(call).flood({
        ...(from.length > 0 ? { from } : {}),
        count: body.number('count'),
        ...(body.has('text') ? { text: body.text('text') } : {}),
        unreadable: body.optionalOneOf('unreadable', UNREADABLE)
      })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/expire-media',
    answer: call => {
      const body = call.body()
      phoneOf(call).expireMedia(body.text('id'), { lost: body.optionalBoolean('lost') })
    }
  }
]

const chats: readonly ControlRoute[] = [
  {
    method: 'POST',
    path: '/phones/:phone/read',
    answer: call => phoneOf(call).markRead(call.body().text('chat'))
  },
  {
    method: 'POST',
    path: '/phones/:phone/chats/:chat/change',
    answer: call => phoneOf(call).changeChat(parameterOf(call, 'chat'), chatSettingFrom(call.body()))
  },
  {
    method: 'POST',
    path: '/phones/:phone/chats/:chat/messages/:message/mark',
    answer: call =>
      phoneOf(call).markMessage(
        parameterOf(call, 'chat'),
        parameterOf(call, 'message'),
        messageMarkFrom(call.body())
      )
  }
]

const textMessage = (text: string | undefined) => (text === undefined ? undefined : { conversation: text })

const passing: readonly ControlRoute[] = [
  {
    method: 'POST',
    path: '/phones/:phone/typing',
    answer: call => {
      const body = call.body()
      phoneOf(call).showTyping({
        from: body.text('from'),
        group: body.optionalText('group'),
        state: body.optionalOneOf('state', ['composing', 'recording', 'paused']) ?? 'composing'
      })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/presence',
    answer: call => {
      const body = call.body()
      phoneOf(call).showPresence({
        from: body.text('from'),
        available: body.optionalBoolean('available') ?? true,
        unasked: body.optionalBoolean('unasked')
      })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/status',
    answer: call => {
      const body = call.body()
      const content = statusFrom(body)
      const phone = phoneOf(call)
      return body.has('from')
        ? phone.receiveStatus({ from: body.text('from'), ...content })
        : phone.postStatus(content)
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/status-stanzas',
    answer: call => {
      phoneOf(call).account.statusStanzas = call.body().boolean('enabled')
    }
  },
  {
    method: 'PATCH',
    path: '/phones/:phone/status-audience',
    answer: call => {
      const body = call.body()
      const people = body.texts('people').map(jid => personNamed(call.simulator, jid))
      phoneOf(call).showStatusesTo(body.oneOf('type', AUDIENCES), people)
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/gathered-receipts',
    answer: call => {
      phoneOf(call).account.gathersReceipts = call.body().boolean('enabled')
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/post',
    answer: call => {
      const body = call.body()
      const message = body.optionalObject('message')
      return phoneOf(call).receivePost({
        channel: body.text('channel'),
        name: body.optionalText('name'),
        id: body.optionalText('id'),
        message: message ? proto.Message.fromObject(message.all) : textMessage(body.optionalText('text')),
        change: body.optionalOneOf('change', ['edit', 'delete', 'reactions']),
        live: body.optionalBoolean('live')
      })
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/stanza',
    answer: call => phoneOf(call).receiveStanza(stanzaFrom(call.body()))
  },
  {
    method: 'POST',
    path: '/phones/:phone/ring',
    answer: call => {
      const body = call.body()
      return {
        callId: phoneOf(call).ring({
          from: body.text('from'),
          video: body.optionalBoolean('video'),
          outcome: body.optionalOneOf('outcome', ['missed', 'answered', 'declined'])
        })
      }
    }
  }
]

const groups: readonly ControlRoute[] = [
  {
    method: 'POST',
    path: '/phones/:phone/groups',
    answer: call => {
      const body = call.body()
      const addressing = addressingFrom(body)
      return describeGroup(
        phoneOf(call).createGroup(
          body.text('subject'),
          body.texts('members'),
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
      const group = parameterOf(call, 'group')
      const [added, removed] = [body.texts('add'), body.texts('remove')]
      if (added.length > 0) phone.addMembers(group, added)
      if (removed.length > 0) phone.removeMembers(group, removed)
    }
  },
  {
    method: 'POST',
    path: '/phones/:phone/groups/:group/share-history',
    answer: call =>
      phoneOf(call).receiveSharedHistory({
        group: parameterOf(call, 'group'),
        ...sharedHistoryFrom(call.body())
      })
  },
  {
    method: 'POST',
    path: '/phones/:phone/groups/:group/change',
    answer: call => {
      const body = call.body()
      phoneOf(call).changeGroup(parameterOf(call, 'group'), groupChangeFrom(body), {
        by: body.optionalText('by')
      })
    }
  }
]

export const chatRoutes: readonly ControlRoute[] = [...messages, ...chats, ...passing, ...groups]
